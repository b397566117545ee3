import { RUN_LEAVES } from './merkle.ts'
import { PAGE_ROWS } from './page.ts'

/** How histories are cut. All nodes of a network cut alike; the simulator cuts smaller, so that short histories have many pages. */
export interface HistoryShape {
  /** Rows in a full page. */
  readonly pageRows: number
  /** Page hashes in a full run, a power of two. */
  readonly runLeaves: number
}

export const NETWORK_SHAPE: HistoryShape = { pageRows: PAGE_ROWS, runLeaves: RUN_LEAVES }
