import { msg } from '@lit/localize'

/** What a node needs of its browser, as engineers call it. */
export type Requirement = 'secure context' | 'WebRTC' | 'IndexedDB' | 'Web Locks' | 'module workers' | 'Ed25519'

/** What is missing and what helps. */
export const missingWords = (requirement: Requirement): string => {
  switch (requirement) {
    case 'secure context':
      return msg('A secure address: browsers give a page keys and storage over https, or on http://localhost, only. Open this app there.')
    case 'WebRTC':
      return msg('Connections between tabs, over which they give each other histories. Some privacy extensions and settings switch them off: allow WebRTC for this site.')
    case 'IndexedDB':
      return msg('A place where histories are kept. Some private windows have none: use an ordinary window.')
    case 'Web Locks':
      return msg('A way for tabs to agree that one at a time is the node. Update the browser.')
    case 'module workers':
      return msg('A place beside the page, in which the node runs. Update the browser.')
    case 'Ed25519':
      return msg('The signatures by which rows are signed and checked. Update the browser.')
  }
}
