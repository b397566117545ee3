import { clearPlaceFor, closeVisitor } from './clearing.ts'
import { hostGuest } from './guests.ts'
import type { Remedies } from './state.ts'

/** What nobody needs in a node's first minutes. */
export const remedies: Remedies = { clearPlaceFor, closeVisitor, hostGuest }
