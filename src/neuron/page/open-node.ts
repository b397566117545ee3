import { takeLeadership } from '../../runtime/page/leadership.ts'
import { rememberEngine } from '../../runtime/page/remembered-engine.ts'
import { rememberPause } from '../../runtime/page/remembered-pause.ts'
import { rememberText } from '../../runtime/page/remembered-text.ts'
import { missingRequirements } from '../../runtime/page/requirements.ts'
import { ok } from '../../base/result.ts'
import { readPeerServer } from '../../link/page/peer-server.ts'
import { judgeAddresses } from './addresses.ts'
import { createHousehold, keptAddresses, rememberRestored, type Household } from './household.ts'
import type { NeuronCommands } from '../snapshot.ts'
import { startNode, type RunningNode } from './start-node.ts'

/** How opening the node ended, or how it ended later. */
export type NodeState =
  | { readonly is: 'running'; readonly neuron: NeuronCommands; readonly household: Household }
  | { readonly is: 'unsupported'; readonly missing: readonly string[] }
  /** Another tab is the node of this profile. */
  | { readonly is: 'elsewhere' }
  | { readonly is: 'crashed'; readonly what: string; readonly message: string }
  /** Nothing of this node is left; `others`: nodes of other profiles in this browser. */
  | { readonly is: 'erased'; readonly others: number }

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
  const isSecure = baseUrl.startsWith('https:')
  // What can no longer be used, and was judged when it was kept, must not lock its owner out of the page that changes it.
  const own = judgeAddresses(keptAddresses(profile, localStorage), { isSecure })
  const { server, peerServer: ownPeerServer, iceServers } = own.ok ? own.value : { server: null, peerServer: null, iceServers: [] }
  const serverUrl = server ?? signalingUrl(baseUrl)
  const isChosen = peerServerUrl !== null || ownPeerServer !== null
  const peerServer = peerServerUrl === null && ownPeerServer !== null ? ok(ownPeerServer) : readPeerServer(peerServerUrl ?? besideServer(serverUrl), { isSecure })
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
  const engine = rememberEngine(profile, localStorage)
  const peers = rememberText(profile, 'peers', localStorage)
  const log = rememberText(profile, 'log', localStorage)
  // What was said before the end arrives after it: another tab's node, or an erased one, must not be written over.
  const unlessLost = (keep: (text: string) => void) => (text: string): void => {
    if (!lead.isLost) keep(text)
  }
  const checkedMs = performance.now() - began
  const memory = rememberRestored(profile, localStorage)
  const places = { serverUrl, samplesUrl: new URL('samples/', baseUrl).href, peerServer: peerServer.value, ownPeerServer: !isChosen, iceServers }
  const kept = { restored: memory.restored, paused: pause.wasPaused, engineSettings: engine.kept, knownPeers: peers.kept, keepPeers: unlessLost(peers.keep), keptLog: log.kept, keepLog: unlessLost(log.keep) }
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
  const { neuron, care, stop } = running
  const ended = (others: number): void => {
    lead.isLost = true
    stop()
    onState({ is: 'erased', others })
  }
  onState({ is: 'running', neuron: engine.remembering(pause.remembering(neuron)), household: createHousehold({ profile, storage: localStorage, isSecure, care, ended }) })
  // A node that stops before is asked again at its next start.
  if (memory.restored === 'fresh') whenRecovered(neuron, memory.settled).catch(() => undefined)
}

/** Calls back once the identity has learnt what it signed elsewhere. */
const whenRecovered = async (neuron: NeuronCommands, settled: () => void): Promise<void> => {
  let over = (): void => undefined
  const recovered = new Promise<void>((resolve) => {
    over = resolve
  })
  const handle = await neuron.observe(({ recovering }) => {
    if (!recovering) over()
  })
  await recovered
  settled()
  await neuron.unobserve(handle)
}

/** A signaling server has a PeerServer beside it. */
const besideServer = (serverUrl: string): string => serverUrl.replace(/^ws/, 'http').replace(/signaling$/, 'peerjs')

const signalingUrl = (baseUrl: string): string => {
  const url = new URL('signaling', baseUrl)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
