import type { Linked } from './linked.ts'
import { begun, type SwarmState } from './state.ts'
import type { LinkView, SwarmView } from './words.ts'

/** What people and the driver see of a swarm. O(links). */
export const viewOf = (state: SwarmState): SwarmView => ({
  links: [...state.links.values()].map((linked) => viewLink(state, linked)),
  dialling: [...state.dials.values()].map(({ peer, way }) => ({ peer, way })),
  begun: begun(state),
})

const viewLink = ({ regard }: SwarmState, { link, peer, via, traffic, bytesInPerSecond, bytesOutPerSecond, closing, serves }: Linked): LinkView => ({
  link,
  peer,
  via,
  ...traffic,
  bytesInPerSecond,
  bytesOutPerSecond,
  serves: closing ? [] : [...serves],
  score: regard.score(peer),
})
