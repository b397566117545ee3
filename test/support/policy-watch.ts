import type { Page } from 'playwright-core'

/** What the page's policy has refused, and what ran that nobody wrote, from the first line of the page on. */
export interface PolicyWatch {
  readonly refused: readonly string[]
  readonly ran: number
}

/** From the next address that the page opens on. */
export const watchPolicy = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const seen = { refused: [] as string[], ran: 0 }
    Object.assign(globalThis, { seen, alert: () => { seen.ran++ } })
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => void seen.refused.push(`${violatedDirective} ${blockedURI}`))
  })

export const seenOn = (page: Page): Promise<PolicyWatch> => page.evaluate(() => (globalThis as unknown as { readonly seen: PolicyWatch }).seen)
