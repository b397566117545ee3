import { fail, failureOf, ok } from '../../base/result.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { TabChannel } from '../../runtime/page/tab-channel.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Care } from './household.ts'
import { decodeTabMessage, encodeTabMessage, type TabCalls, type TabMessage } from './tab-message.ts'

/** Who watches says so more often; after this long nobody does, milliseconds. Hidden tabs may speak once a minute only. */
const WATCHED_MS = 150_000

/** Asked and not answered yet, by all tabs together: a tab gone wild must not fill the node's memory. */
const MAX_ASKED = 64

export interface TabLeaderDeps extends ClockDep {
  readonly channel: TabChannel
  /** The version of the app. */
  readonly app: string
  readonly neuron: NeuronCommands
  readonly care: Care
}

export interface TabLeader {
  /** The node is erased: every tab is told. */
  ended(others: number): void
  /** Another tab leads: nothing is answered any more. */
  stop(): void
}

type Ask = Extract<TabMessage, { is: 'ask' }>

/** Shows the node of this tab to those that watch it, and does what they ask. Costs nothing while nobody watches. */
export const serveTabs = ({ channel, app, neuron, care, clock }: TabLeaderDeps): TabLeader => {
  const calls: TabCalls = { ...neuron, ...care }
  let watchedAt = Number.NEGATIVE_INFINITY
  let watching: Promise<number> | null = null
  let newest: Snapshot | null = null
  let asked = 0
  let stopped = false
  const say = (message: TabMessage): void => {
    if (!stopped) channel.post(encodeTabMessage(message, { app, from: 'leader' }))
  }
  const show = (snapshot: Snapshot): void => {
    newest = snapshot
    if (clock.now() - watchedAt <= WATCHED_MS) say({ is: 'snapshot', snapshot })
    else rest()
  }
  const rest = (): void => {
    // A node that has gone meanwhile has forgotten its watchers by itself.
    void watching?.then((handle) => neuron.unobserve(handle)).catch(() => undefined)
    watching = null
    newest = null
  }
  const onWatch = (): void => {
    watchedAt = clock.now()
    if (newest !== null) say({ is: 'snapshot', snapshot: newest })
    watching ??= neuron.observe(show)
    watching.catch(() => {
      watching = null
    })
  }
  const onAsk = async ({ tab, number, call, args, listens }: Ask): Promise<void> => {
    const answer = asked >= MAX_ASKED ? fail('too-many', 'Too much is asked at once: try again in a moment.') : await carryOut(call, listens ? [...args, (value: unknown) => say({ is: 'told', tab, number, value })] : args)
    say({ is: 'answer', tab, number, answer })
  }
  const carryOut = async (call: keyof TabCalls, args: readonly unknown[]) => {
    asked++
    try {
      const run = calls[call] as (...args: readonly unknown[]) => Promise<unknown>
      return ok(await run(...args))
    } catch (thrown) {
      return { ok: false as const, error: failureOf(thrown) }
    } finally {
      asked--
    }
  }
  channel.listen((data) => {
    const heard = decodeTabMessage(data, { app, hears: 'watcher' })
    // It has to learn that another version leads; what it says cannot be understood. Those of this version hear it too: to them it says nothing.
    if (heard === 'other-version') say({ is: 'here' })
    else if (heard?.is === 'watch') onWatch()
    else if (heard?.is === 'ask') void onAsk(heard)
  })
  say({ is: 'leads' })
  return {
    ended: (others) => {
      say({ is: 'ended', others })
    },
    stop: () => {
      stopped = true
      rest()
    },
  }
}
