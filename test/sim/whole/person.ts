import { readAll } from '../../../src/data/read-all.ts'
import type { Row } from '../../../src/domain/row.ts'
import type { StreamId, StreamIdentity } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { DataClient, DataNotice } from '../../../src/ports/data-client.ts'
import { BEGINNING, type Life } from './life.ts'
import type { Truth } from './truth.ts'

/** A stream as its publisher or a subscriber wants it. */
export interface Wanted {
  readonly stream: StreamId
  readonly identity: StreamIdentity
  readonly index: number
}

/** Who sits before a node: wants streams, enters rows, and does what the node asks for, over all of its lives. */
export interface Person {
  /** The node's data process is up, or has died. */
  sitDown(life: Life, client: DataClient): void
  standUp(): void
  want(wanted: Wanted): void
  unwant(wanted: Wanted): void
  /** Rows to publish; each is asked for until it is acknowledged or the node dies over it. */
  enter(wanted: Wanted, values: readonly string[]): void
  /** Rows of a stream that nobody signs, from a file. */
  bring(wanted: Wanted, rows: readonly Row[]): void
  /** Looks at every page of a stream that is thought to be damaged. */
  recheck(wanted: Wanted): void
  /** Enters nothing before this time: a person who has restored a backup lets the node look around first. */
  waitUntil(at: number): void
  /** The node says that its key has signed two histories. */
  onNotice(notice: DataNotice): void
}

export interface PersonWorld {
  readonly truth: Truth
  readonly isCalm: () => boolean
  readonly hasHead: (stream: StreamId) => boolean
  /** A copy of another node: whoever runs both ends this one when they quarrel. */
  readonly isCopy: boolean
  readonly fired: (what: string) => void
  readonly violated: (what: string) => void
}

/** What could not be done is tried again after this. */
const RETRY_MS = 2_000
/** Rows that were signed and are not here are waited for this long before they are given up. */
const GIVE_UP_MS = 12_000

interface Entry {
  readonly wanted: Wanted
  readonly values: readonly string[]
}

export const createPerson = (world: PersonWorld): Person => {
  const { truth, fired } = world
  const wants = new Set<Wanted>()
  const entries: Entry[] = []
  const files: { readonly wanted: Wanted; readonly rows: readonly Row[] }[] = []
  const doubted = new Set<StreamId>()
  const mending = new Set<StreamId>()
  let here: { readonly life: Life; readonly client: DataClient } | null = null
  let isEntering = false
  let underWay: Entry | null = null
  let heldUntil = 0
  let lackingSince: number | null = null

  const detach = (doing: Promise<void>): void => {
    doing.catch((error: unknown) => {
      world.violated(error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
  }
  /** Does it now and, while it fails, again and again in this life. */
  const insist = (work: (client: DataClient) => Promise<boolean>): void => {
    const at = here
    if (at === null) return
    const go = async (): Promise<void> => {
      if (!(await work(at.client)) && at.life.isAlive) at.life.clock.after(RETRY_MS, () => detach(go()))
    }
    detach(go())
  }
  const subscribe = (wanted: Wanted): void => insist(async (client) => !wants.has(wanted) || (await client.subscribe(wanted.identity)).ok)
  const bringNow = (file: (typeof files)[number]): void => insist(async (client) => (await client.addLoose(file.wanted.identity, file.rows)).ok)
  const recheck = (stream: StreamId): void =>
    insist(async (client) => {
      const done = await client.recheck(stream)
      const isGood = done.ok && done.value.bad === 0
      if (isGood) doubted.delete(stream)
      return isGood
    })

  const timeNow = (life: Life): Micros => ((BEGINNING + Math.floor(life.at())) * 1_000) as Micros
  const enterNow = async (life: Life, client: DataClient): Promise<void> => {
    if (isEntering) return
    isEntering = true
    const isOver = (): boolean => !life.isAlive
    for (let [entry] = entries; entry !== undefined && !isOver(); [entry] = entries) {
      if (heldUntil > life.at()) await life.pause(heldUntil - life.at())
      for (const value of entry.values) truth.asked(entry.wanted.stream, value)
      underWay = entry
      const refusal = await (world.hasHead(entry.wanted.stream) ? append(life, client, entry) : publish(life, client, entry))
      if (isOver()) return
      underWay = null
      if (refusal === null) entries.shift()
      else await wait(life, client, entry, refusal)
    }
    isEntering = false
  }
  const append = async (life: Life, client: DataClient, { wanted, values: [value = ''] }: Entry): Promise<string | null> => {
    const done = await client.append(wanted.stream, timeNow(life), value)
    if (done.ok) truth.acknowledged(wanted.stream, done.value.row, value)
    return done.ok ? null : done.error.code
  }
  const publish = async (life: Life, client: DataClient, { wanted, values }: Entry): Promise<string | null> => {
    const draft = await client.openDraft(wanted.identity)
    if (!draft.ok) return draft.error.code
    // Of every other file all rows have one time, so that loose rows cannot be all of them.
    const apart = values.length % 2 === 0 ? 1_000_000 : 0
    const rows = values.map((value, at) => ({ form: 'observation' as const, time: (timeNow(life) - (values.length - at) * apart) as Micros, value }))
    const added = await client.addToDraft(draft.value.draft, rows)
    const done = added.ok ? await client.commitDraft(draft.value.draft) : added
    if (!done.ok) return done.error.code
    values.forEach((value, at) => truth.acknowledged(wanted.stream, draft.value.rows + at, value))
    return null
  }
  const wait = async (life: Life, client: DataClient, { wanted }: Entry, refusal: string): Promise<void> => {
    fired(`a row was refused: ${refusal}`)
    lackingSince = refusal === 'recover-first' ? (lackingSince ?? life.at()) : null
    const isLost = lackingSince !== null && life.at() - lackingSince > GIVE_UP_MS && world.isCalm()
    if (isLost && (await client.beginEpoch(wanted.stream)).ok) fired('an epoch began over lost rows')
    if (life.isAlive) await life.pause(RETRY_MS)
  }
  const mend = (stream: StreamId): void => {
    if (mending.has(stream) || world.isCopy) return
    mending.add(stream)
    insist(async (client) => {
      const begun = await client.beginEpoch(stream)
      if (begun.ok) {
        fired('an epoch began over a fork')
        mending.delete(stream)
      }
      return begun.ok
    })
  }

  return {
    sitDown: (life, client) => {
      here = { life, client }
      for (const wanted of wants) subscribe(wanted)
      for (const file of files) bringNow(file)
      for (const stream of doubted) recheck(stream)
      detach(enterNow(life, client))
    },
    standUp: () => {
      here = null
      isEntering = false
      mending.clear()
      // It may be kept or not; a person who saw no answer looks, and does not enter it twice.
      if (underWay !== null && world.hasHead(underWay.wanted.stream)) entries.shift()
      underWay = null
    },
    want: (wanted) => {
      wants.add(wanted)
      subscribe(wanted)
    },
    unwant: (wanted) => {
      wants.delete(wanted)
      insist(async (client) => {
        if (wants.has(wanted)) return true
        const done = await client.unsubscribe(wanted.stream)
        return done.ok || done.error.code === 'unknown-stream'
      })
    },
    enter: (wanted, values) => {
      entries.push({ wanted, values })
      if (here !== null) detach(enterNow(here.life, here.client))
    },
    bring: (wanted, rows) => {
      files.push({ wanted, rows })
      bringNow({ wanted, rows })
    },
    recheck: ({ stream }) => {
      doubted.add(stream)
      recheck(stream)
    },
    waitUntil: (at) => {
      heldUntil = at
    },
    onNotice: (notice) => {
      if (notice.type !== 'state' || !notice.state.own || !notice.state.forked) return
      fired('a publisher was told of its fork')
      mend(notice.state.stream)
    },
  }
}

/** All rows of a stream as the data process gives them, in words of the truth; a failure as its message. */
export const readValues = async (client: DataClient, stream: StreamId, rows: number): Promise<readonly string[] | string> => {
  const read = await readAll(client, stream, { from: 0, to: rows })
  return read.ok ? read.value.map(({ value }) => value) : read.error.message
}
