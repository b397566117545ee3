/** As far as this file needs it; not every browser has it, and TypeScript's DOM does not know it yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { readonly createScriptURL: (url: string) => string }): unknown
}

/**
 * Under `require-trusted-types-for 'script'` no text becomes a script or markup. What names a script file passes here: workers and
 * the service worker, each of this very origin. Markup and inline script have no rule, so they are refused wherever they come from.
 */
const trustedTypes = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes
trustedTypes?.createPolicy('default', {
  createScriptURL: (url) => {
    if (new URL(url, document.baseURI).origin !== location.origin) throw new TypeError(`A script of another origin: ${url}`)
    return url
  },
})

export {}
