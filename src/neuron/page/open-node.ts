import { openTabChannel } from '../../runtime/page/tab-channel.ts'
import { createLeadership } from '../../runtime/page/leadership.ts'
import { rememberBans } from '../../runtime/page/remembered-bans.ts'
import { rememberEngine } from '../../runtime/page/remembered-engine.ts'
import { rememberPause } from '../../runtime/page/remembered-pause.ts'
import { rememberText } from '../../runtime/page/remembered-text.ts'
import { missingRequirements, type Requirement } from '../../runtime/page/requirements.ts'
import { createSystemClock } from '../../runtime/system.ts'
import { ok, type Failure, type Result } from '../../base/result.ts'
import { readPeerServer } from '../../link/page/peer-server.ts'
import { judgeAddresses } from './addresses.ts'
import { keptBudget, usedBytes, withinBudget } from './budget.ts'
import { holdDownloads, type HoldingDeps } from './held-downloads.ts'
import { createHousehold, keptAddresses, rememberRestored, type Care } from './household.ts'
import type { Household } from '../household.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import { startNode, type NodeSettings } from './start-node.ts'
import { createSwitchboard } from './switchboard.ts'
import { followLeader } from './tab-follower.ts'
import { serveTabs } from './tab-leader.ts'

/** What the window has to show, now and whenever that changes. */
export type NodeState =
  /** `takeOver`: the node runs in another tab and is watched here, which may also run it; null: it runs here. */
  | { readonly is: 'running'; readonly neuron: NeuronCommands; readonly household: Household; readonly takeOver: (() => void) | null }
  | { readonly is: 'unsupported'; readonly missing: readonly Requirement[] }
  /** Another tab is the node of this profile, and does not answer; or is one of another version, which this one does not understand. */
  | { readonly is: 'elsewhere'; readonly otherVersion: boolean; readonly takeOver: () => void }
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
  readonly onState: (state: NodeState) => void
}

/** A tab that leads is heard within this, milliseconds; one that has just taken the node over must start it first. */
const HEARD_MS = 3_000
const STARTED_MS = 20_000

/**
 * Makes this tab the node of its profile, or, while another tab is it, shows that one and waits to follow it: checks the browser,
 * takes the lead, starts the workers.
 */
export const openNode = async (options: OpenNode): Promise<void> => {
  const { onState } = options
  const began = performance.now()
  const missing = await missingRequirements()
  if (missing.length > 0) {
    onState({ is: 'unsupported', missing })
    return
  }
  const places = placesOf(options)
  if (places.ok) live(options, performance.now() - began)
  else onState(misplaced(places.error))
}

const misplaced = ({ message }: Failure): NodeState => ({ is: 'crashed', what: 'The address of the PeerServer', message })

type Places = Pick<NodeSettings, 'serverUrl' | 'samplesUrl' | 'peerServer' | 'ownPeerServer' | 'iceServers'>

const placesOf = ({ profile, baseUrl, peerServerUrl }: OpenNode): Result<Places> => {
  const isSecure = isSecureUrl(baseUrl)
  // What can no longer be used, and was judged when it was kept, must not lock its owner out of the page that changes it.
  const own = judgeAddresses(keptAddresses(profile, localStorage), { isSecure })
  const { server, peerServer: ownPeerServer, iceServers } = own.ok ? own.value : { server: null, peerServer: null, iceServers: [] }
  const serverUrl = server ?? signalingUrl(baseUrl)
  const isChosen = peerServerUrl !== null || ownPeerServer !== null
  const peerServer = peerServerUrl === null && ownPeerServer !== null ? ok(ownPeerServer) : readPeerServer(peerServerUrl ?? besideServer(serverUrl), { isSecure })
  if (!peerServer.ok) return peerServer
  return ok({ serverUrl, samplesUrl: new URL('samples/', baseUrl).href, peerServer: peerServer.value, ownPeerServer: !isChosen, iceServers })
}

/** What ends with this tab's turn at being the node, or at watching it. */
interface Turn {
  isOver: boolean
  end: () => void
}

/** The tab's life: it watches the node of another tab, is the node, or neither any more. */
const live = (options: OpenNode, checkedMs: number): void => {
  const { profile, version, baseUrl, onState } = options
  const clock = createSystemClock()
  const board = createSwitchboard({ clock })
  const channel = openTabChannel(profile)
  let turn: Turn = { isOver: true, end: () => undefined }
  const begin = (): Turn => {
    turn.isOver = true
    turn.end()
    board.connect(null)
    turn = { isOver: false, end: () => undefined }
    return turn
  }
  const take = (): void => {
    leadership.steal()
  }
  const run = (takeOver: (() => void) | null): void => {
    onState({ is: 'running', neuron: board.neuron, household, takeOver })
  }
  const erased = (others: number): void => {
    leadership.leave()
    begin()
    onState({ is: 'erased', others })
  }
  const household = createHousehold({ profile, storage: localStorage, isSecure: isSecureUrl(baseUrl), care: board.care, ended: erased })

  const watch = (patienceMs: number): void => {
    const mine = begin()
    const blind = (otherVersion: boolean): void => {
      if (mine.isOver) return
      board.connect(null)
      onState({ is: 'elsewhere', otherVersion, takeOver: take })
    }
    const cancel = clock.after(patienceMs, () => {
      blind(false)
    })
    const follower = followLeader({
      channel,
      clock,
      app: version,
      tab: crypto.randomUUID(),
      onSeen: () => {
        cancel()
        board.connect(follower)
        run(take)
      },
      onBlind: (why) => {
        cancel()
        blind(why === 'other-version')
      },
      onErased: erased,
    })
    mine.end = () => {
      cancel()
      follower.close()
    }
  }
  const lead = async (): Promise<void> => {
    const mine = begin()
    // Read anew: another tab may have changed them since this one was opened.
    const places = placesOf(options)
    if (!places.ok) {
      onState(misplaced(places.error))
      return
    }
    const memory = rememberRestored(profile, localStorage)
    const pause = rememberPause(profile, localStorage)
    const engine = rememberEngine(profile, localStorage)
    const bans = rememberBans(profile, localStorage)
    const { held, ...kept } = keptBy(profile, mine)
    const settings = { profile, version, ...places.value, ...kept, restored: memory.restored, paused: pause.wasPaused, engineSettings: engine.kept, keptBans: bans.kept, checkedMs }
    const started = await startNode(settings, (what, message) => {
      if (mine.isOver) return
      begin()
      onState({ is: 'crashed', what, message })
    })
    // Taken over while it was starting: two nodes of one key would throw each other off the server, and both would write.
    if (mine.isOver) {
      if (started.ok) started.value.stop()
      return
    }
    if (!started.ok) {
      onState({ is: 'crashed', what: 'The node', message: started.error.message })
      return
    }
    const { stop, care, log } = started.value
    const remembering = bans.remembering(engine.remembering(pause.remembering(started.value.neuron)))
    const disk = { budget: () => keptBudget(profile, localStorage), usedBytes }
    const holding = holdDownloads(remembering, { clock, log, ...disk, ...held })
    const neuron = withinBudget(holding.neuron, disk)
    const erase: Care['erase'] = async () => {
      const answer = await care.erase()
      if (answer.ok) tabs.ended(answer.value)
      return answer
    }
    const eraseAll: Care['erase'] = () => household.erase().then(() => ok(0))
    const tabs = serveTabs({ channel, clock, app: version, neuron, care: { ...care, erase: eraseAll } })
    mine.end = () => {
      holding.stop()
      tabs.stop()
      stop()
    }
    board.connect({ neuron, care: { ...care, erase } })
    run(null)
    // A node that stops before is asked again at its next start.
    if (memory.restored === 'fresh') whenRecovered(neuron, memory.settled).catch(() => undefined)
  }
  const leadership = createLeadership(profile, {
    onGained: () => void lead(),
    onLost: () => {
      watch(STARTED_MS)
      leadership.wait()
    },
  })
  watch(HEARD_MS)
  leadership.wait()
}

/** What the node keeps on the page. What was said before the end arrives after it: another tab's node, or an erased one, must not be written over. */
const keptBy = (profile: string, turn: Turn): Pick<NodeSettings, 'knownPeers' | 'keepPeers' | 'keptLog' | 'keepLog'> & { readonly held: Pick<HoldingDeps, 'kept' | 'keep'> } => {
  const of = (name: 'peers' | 'log' | 'held') => {
    const { kept, keep } = rememberText(profile, name, localStorage)
    return { kept, keep: (text: string): boolean => !turn.isOver && keep(text) }
  }
  const [peers, log] = [of('peers'), of('log')]
  return { knownPeers: peers.kept, keepPeers: peers.keep, keptLog: log.kept, keepLog: log.keep, held: of('held') }
}

const isSecureUrl = (url: string): boolean => url.startsWith('https:')

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
