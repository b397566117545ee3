import { err, failureOf, type Result } from '../../base/result.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { TabChannel } from '../../runtime/page/tab-channel.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Care } from './household.ts'
import { decodeTabMessage, encodeTabMessage, LEADER_GONE, TAB_CALLS, type TabAnswer, type TabCalls, type TabMessage } from './tab-message.ts'

/** How often a tab says that it watches, and how often without a sign of life in return, milliseconds and times. */
const WATCH_EVERY_MS = 15_000
const MAX_UNHEARD = 4

export interface TabFollowerDeps extends ClockDep {
  readonly channel: TabChannel
  /** The version of the app. */
  readonly app: string
  /** Another word than every other tab's. */
  readonly tab: string
  /** The first snapshot came: the node can be shown. */
  readonly onSeen: () => void
  /** Nobody answers, or another version of the app does. */
  readonly onBlind: (why: 'silent' | 'other-version') => void
  readonly onErased: (others: number) => void
}

export interface TabFollower {
  readonly neuron: NeuronCommands
  readonly care: Care
  close(): void
}

interface Pending {
  readonly settle: (answer: TabAnswer) => void
  readonly told: (value: unknown) => void
}

/** The node of another tab, as if it ran in this one: its snapshots as they come, and everything asked is asked there. */
export const followLeader = (deps: TabFollowerDeps): TabFollower => {
  const { channel, app, tab, clock } = deps
  const pending = new Map<number, Pending>()
  const observers = new Map<number, (snapshot: Snapshot) => void>()
  let newest: Snapshot | null = null
  let next = 1
  let unheard = 0
  /** Told once, however often it is seen. */
  let why: 'silent' | 'other-version' | null = null
  let cancelTimer = (): void => undefined
  const say = (message: TabMessage): void => {
    channel.post(encodeTabMessage(message, { app, from: 'watcher' }))
  }
  const watch = (): void => {
    cancelTimer()
    if (unheard++ >= MAX_UNHEARD) blind('silent')
    say({ is: 'watch' })
    cancelTimer = clock.after(WATCH_EVERY_MS, watch)
  }
  const forsake = (): void => {
    for (const { settle } of pending.values()) settle(LEADER_GONE)
    pending.clear()
  }
  const blind = (because: 'silent' | 'other-version'): void => {
    forsake()
    newest = null
    if (why === because) return
    why = because
    deps.onBlind(because)
  }
  const see = (snapshot: Snapshot): void => {
    const isFirst = newest === null
    newest = snapshot
    if (isFirst) deps.onSeen()
    for (const observe of observers.values()) observe(snapshot)
  }
  const onMessage = (message: TabMessage): void => {
    // Said to a tab of another version.
    if (message.is === 'here') return
    unheard = 0
    why = null
    switch (message.is) {
      case 'leads':
        // A new one: what the one before was asked, nobody will answer.
        forsake()
        watch()
        return
      case 'snapshot':
        see(message.snapshot)
        return
      case 'told':
        if (message.tab === tab) pending.get(message.number)?.told(message.value)
        return
      case 'answer':
        if (message.tab === tab) pending.get(message.number)?.settle(message.answer)
        return
      case 'ended':
        deps.onErased(message.others)
        return
      case 'watch':
      case 'ask':
        // No leader says that.
    }
  }
  /** The last argument may be a callback, which stays here: it is called with what is told. */
  const ask = (call: keyof TabCalls, given: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const number = next++
      const callback = given.find((arg) => typeof arg === 'function') as ((value: unknown) => void) | undefined
      pending.set(number, {
        told: (value) => callback?.(value),
        settle: (answer) => {
          pending.delete(number)
          if (answer.ok) resolve(answer.value)
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- commands reject with a plain {code, message}
          else reject(answer.error)
        },
      })
      say({ is: 'ask', tab, number, call, args: given.filter((arg) => typeof arg !== 'function'), listens: callback !== undefined })
    })
  const calls = Object.fromEntries(TAB_CALLS.map((call) => [call, (...given: readonly unknown[]) => ask(call, given)])) as unknown as TabCalls
  channel.listen((data) => {
    const heard = decodeTabMessage(data, { app, hears: 'leader' })
    if (heard === 'other-version') {
      // It is there all the same: no silence to be told of next.
      unheard = 0
      blind('other-version')
    } else if (heard !== null) onMessage(heard)
  })
  watch()
  return {
    neuron: {
      ...calls,
      snapshot: () => (newest === null ? calls.snapshot() : Promise.resolve(newest)),
      observe: (callback) => {
        const handle = next++
        observers.set(handle, callback)
        if (newest !== null) callback(newest)
        return Promise.resolve(handle)
      },
      unobserve: (handle) => {
        observers.delete(handle)
        return Promise.resolve()
      },
    },
    care: { backUp: within(calls.backUp), restore: within(calls.restore), erase: within(calls.erase) },
    close: () => {
      cancelTimer()
      forsake()
      channel.listen(() => undefined)
    },
  }
}

/** Care answers results; that a leader is gone, or has too much to do, is one of them. */
const within = <A extends readonly unknown[], T>(call: (...args: A) => Promise<Result<T>>) => (...args: A): Promise<Result<T>> =>
  call(...args).catch((thrown: unknown) => err(failureOf(thrown)))
