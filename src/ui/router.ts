/** Where the window is. The hash is typed and shared by people, so it is judged like anything from outside. */
export type Route =
  | { readonly page: 'streams' }
  | { readonly page: 'stream'; readonly id: string }
  | { readonly page: 'peers' }
  | { readonly page: 'publish' }
  | { readonly page: 'log' }
  | { readonly page: 'settings' }
  | { readonly page: 'unknown'; readonly path: string }

/** A wrong address is shown back to the person: this much of it, so that a link cannot fill the screen. */
const MAX_SHOWN_PATH = 80

const STREAM_ID = /^[0-9a-f]{64}$/

/** Reads `location.hash`. Total: whatever does not fit is `unknown`. */
export const parseRoute = (hash: string): Route => {
  const path = hash.replace(/^#?\/?/, '').replace(/\/$/, '')
  const [head = '', id = '', ...rest] = path.split('/')
  if (rest.length === 0 && head === 'stream' && STREAM_ID.test(id)) return { page: 'stream', id }
  if (path === '') return { page: 'streams' }
  if (path === 'peers' || path === 'publish' || path === 'log' || path === 'settings') return { page: path }
  return { page: 'unknown', path: path.slice(0, MAX_SHOWN_PATH) }
}

/** The link to a route; `unknown` has none of its own and leads home. */
export const hrefOf = (route: Route): string => {
  switch (route.page) {
    case 'stream':
      return `#/stream/${route.id}`
    case 'peers':
    case 'publish':
    case 'log':
    case 'settings':
      return `#/${route.page}`
    case 'streams':
    case 'unknown':
      return '#/'
  }
}

export const sameRoute = (a: Route, b: Route): boolean => a.page === b.page && hrefOf(a) === hrefOf(b)
