import { takeLeadership } from '../../runtime/page/leadership.ts'
import { rememberPause } from '../../runtime/page/remembered-pause.ts'
import { rememberPeers } from '../../runtime/page/remembered-peers.ts'
import { missingRequirements } from '../../runtime/page/requirements.ts'
import { readPeerServer } from '../../link/page/peer-server.ts'
import type { NeuronCommands } from '../snapshot.ts'
import { startNode, type RunningNode } from './start-node.ts'

/** How opening the node ended, or how it ended later. */
export type NodeState =
  | { readonly is: 'running'; readonly neuron: NeuronCommands }
  | { readonly is: 'unsupported'; readonly missing: readonly string[] }
  /** Another tab is the node of this profile. */
  | { readonly is: 'elsewhere' }
  | { readonly is: 'crashed'; readonly what: string; readonly message: string }

export interface OpenNode {
  readonly profile: string
  readonly version: string
  /** Where the app lives: the server is beside it. */
  readonly baseUrl: string
  /** Address of a PeerServer; null: the one beside the app. */
  readonly peerServerUrl: string | null
  /** Take the node over from the tab that is it now. */
  readonly steal: boolean
  readonly onState: (state: NodeState) => void
}

/** Makes this tab the node of its profile: checks the browser, takes the lead, starts the workers. */
export const openNode = async ({ profile, version, baseUrl, peerServerUrl, steal, onState }: OpenNode): Promise<void> => {
  const began = performance.now()
  const missing = await missingRequirements()
  if (missing.length > 0) {
    onState({ is: 'unsupported', missing })
    return
  }
  const peerServer = readPeerServer(peerServerUrl ?? new URL('peerjs', baseUrl).href, { isSecure: baseUrl.startsWith('https:') })
  if (!peerServer.ok) {
    onState({ is: 'crashed', what: 'The address of the PeerServer', message: peerServer.error.message })
    return
  }
  let running: RunningNode | null = null
  const lead = { isLost: false }
  const onLost = (): void => {
    lead.isLost = true
    running?.stop()
    onState({ is: 'elsewhere' })
  }
  if (!(await takeLeadership(profile, { steal, onLost }))) {
    onState({ is: 'elsewhere' })
    return
  }
  const pause = rememberPause(profile, localStorage)
  const peers = rememberPeers(profile, localStorage)
  const checkedMs = performance.now() - began
  const places = { serverUrl: signalingUrl(baseUrl), samplesUrl: new URL('samples/', baseUrl).href, peerServer: peerServer.value, ownPeerServer: peerServerUrl === null }
  const kept = { paused: pause.wasPaused, knownPeers: peers.kept, keepPeers: peers.keep }
  const started = await startNode({ profile, version, ...places, ...kept, checkedMs }, (what, message) => {
    if (!lead.isLost) onState({ is: 'crashed', what, message })
  })
  // Taken over while it was starting: two nodes of one key would throw each other off the server, and both would write.
  if (lead.isLost) {
    if (started.ok) started.value.stop()
    return
  }
  if (!started.ok) {
    onState({ is: 'crashed', what: 'The node', message: started.error.message })
    return
  }
  running = started.value
  onState({ is: 'running', neuron: pause.remembering(running.neuron) })
}

const signalingUrl = (baseUrl: string): string => {
  const url = new URL('signaling', baseUrl)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
