import { openGround, type Ground } from './ground.ts'
import { describeMachine } from './machine.ts'
import { within, type Pair } from './pair.ts'
import { createPayload } from './payload.ts'
import { runPeerJs } from './peer-js.ts'
import { runRawChannel } from './raw-channel.ts'
import { CONTENDERS, type Contender, type Outcome, type Report } from './report.ts'
import type { Run } from './run.ts'
import { onStage } from './stage.ts'
import { runWebTorrent } from './web-torrent.ts'
import { openPublisher, publish, runZazen, type Published } from './zazen.ts'

export interface TransferPlan {
  readonly sizes: readonly number[]
  readonly rounds: number
  readonly contenders: readonly Contender[]
  /** One line each, for a person who waits. */
  readonly say: (line: string) => void
}

export const TRANSFER_DEFAULTS = { sizes: [10_000, 100_000, 1_000_000], rounds: 3, contenders: CONTENDERS } as const

const SEED = 20_260_101

/** Two browsers, the same rows for everyone, in turns: what disturbs the machine disturbs all alike. */
export const benchTransfer = async (plan: TransferPlan): Promise<Report> => {
  const { sizes, rounds, contenders, say } = plan
  const payloads = sizes.map((rows) => createPayload(rows, SEED))
  const totalOf = (rows: number): number => payloads.find((one) => one.rows === rows)?.canonical.length ?? 0
  const outcomes: Outcome[] = []
  const turns = Array.from({ length: rounds }, (_, round) => sizes.flatMap((rows) => contenders.map((contender) => ({ contender, rows, round })))).flat()
  await onStage(async ({ url, ...pair }) => {
    const ground = await openGround(payloads)
    try {
      const published = new Map<number, Published>()
      const publisher = await openPublisher(pair, url)
      for (const payload of contenders.includes('zazen') ? payloads : []) {
        const done = await within(publish(publisher, payload))
        say(`published ${payload.rows} rows in ${(done.publishMs / 1000).toFixed(1)} s (not counted)`)
        published.set(payload.rows, done)
      }
      const began = performance.now()
      for (const [index, turn] of turns.entries()) {
        const outcome = await play(turn, { pair, url, ground, published: published.get(turn.rows), total: totalOf(turn.rows) })
        outcomes.push(outcome)
        const left = ((performance.now() - began) / (index + 1)) * (turns.length - index - 1)
        say(`${index + 1} of ${turns.length}: ${describe(outcome)}; about ${Math.ceil(left / 1000)} s left`)
      }
    } finally {
      await ground.close()
    }
  })
  const canonicalBytes = Object.fromEntries(payloads.map(({ rows, canonical }) => [rows, canonical.length]))
  return { machine: await describeMachine(), at: new Date().toISOString(), canonicalBytes, outcomes }
}

interface Turn {
  readonly contender: Contender
  readonly rows: number
  readonly round: number
}

interface Scene {
  readonly pair: Pair
  readonly url: string
  readonly ground: Ground
  readonly published: Published | undefined
  readonly total: number
}

const play = async (turn: Turn, scene: Scene): Promise<Outcome> => {
  try {
    return { ...turn, run: await within(runOne(turn, scene)) }
  } catch (thrown) {
    return { ...turn, failure: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

const runOne = ({ contender, rows, round }: Turn, { pair, url, ground, published, total }: Scene): Promise<Run> => {
  const name = `round-${round}-rows-${rows}`
  switch (contender) {
    case 'raw channel':
      return runRawChannel(pair, { url: ground.url, rows, total })
    case 'zazen':
      if (published === undefined) throw new Error('nothing was published')
      return runZazen(pair, { url, published, profile: name })
    case 'webtorrent':
      return runWebTorrent(pair, { url: ground.url, rows, tracker: ground.trackerUrl, name })
    case 'peerjs':
      return runPeerJs(pair, { url: ground.url, rows, total, port: ground.peerServerPort, name, isKept: false })
    case 'peerjs verified':
      return runPeerJs(pair, { url: ground.url, rows, total, port: ground.peerServerPort, name: `${name}-verified`, isKept: true })
  }
}

const describe = (outcome: Outcome): string => {
  const { contender, rows, round } = outcome
  const what = `round ${round + 1}, ${contender}, ${rows} rows`
  if ('failure' in outcome) return `${what}: FAILED, ${outcome.failure}`
  const { setupMs, transferMs } = outcome.run
  return `${what}: ${transferMs.toFixed(0)} ms after ${setupMs.toFixed(0)} ms of set-up, ${((rows / transferMs) * 1000).toFixed(0)} rows/s`
}
