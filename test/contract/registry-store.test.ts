import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSystemClock } from '../../signaling/clock.ts'
import { openBucket } from '../../signaling/cluster/nats-cluster.ts'
import { isGone } from '../../signaling/nats-failure.ts'
import { backUp, restore } from '../../signaling/registry-store/backup.ts'
import { createLog } from '../../signaling/log.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import { openNatsStore } from '../../signaling/registry-store/nats.ts'
import type { RegistryStore, StoredListing } from '../../signaling/registry-store/registry-store.ts'
import { DATABASE_FILE, openSqliteStore } from '../../signaling/registry-store/sqlite.ts'
import { startNats, type NatsServers } from '../support/nats.ts'
import { until } from '../support/until.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex } from '../support/node-key.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zazen-store-'))
})
afterEach(() => rm(folder, { recursive: true }))

const key = createNodeKey()
const listingOf = (name: string, rows = 1, seenAt = 5): StoredListing => {
  const identity = identityOf(key, name)
  const id = idOf(identity)
  const recent = [rows, rows + 1].map((count) => liveHex(headOf(key, id, count)))
  return { id, identity, head: headHex(headOf(key, id, rows + 1)), recent, seenAt }
}

const openSqlite = (skipped: unknown[] = []): RegistryStore => {
  const opened = openSqliteStore(folder, { clock: createSystemClock(), onSkipped: (id) => void skipped.push(id) })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

const log = createLog('silent', false, { write: () => undefined })
let nats: NatsServers
const connections: NatsConnection[] = []
let buckets = 0
beforeAll(async () => {
  nats = await startNats()
})
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close()
})
afterAll(() => nats.close())

/** A bucket of its own, or one that others have opened. */
const openNats = async (bucket = `b${++buckets}`): Promise<RegistryStore> => {
  const connection = await connect({ servers: [...nats.urls], noEcho: true })
  connections.push(connection)
  await new Kvm(connection).create(bucket)
  return openNatsStore(await openBucket(connection, bucket), { clock: createSystemClock(), log })
}

/** Every store behaves alike; the kinds differ in what outlives a process. */
describe.each([
  ['memory', createMemoryStore],
  ['SQLite', () => openSqlite()],
  ['NATS', () => openNats()],
])('a registry store: %s', (_, open) => {
  let store: RegistryStore
  beforeEach(async () => {
    store = await open()
  })
  afterEach(() => store.close())

  it('gives back what was put, those who spoke longest ago first', async () => {
    const [late, early] = [listingOf('late', 1, 9), listingOf('early', 1, 3)]
    expect(await Promise.all([store.put(late), store.put(early)])).toMatchObject([{ ok: true }, { ok: true }])
    expect(await store.load()).toEqual([early, late])
  })

  it('keeps the last word on a stream', async () => {
    await Promise.all([1, 2, 3].map((rows) => store.put(listingOf('a', rows))))
    await store.put(listingOf('b'))
    await store.remove(listingOf('b').id)
    expect(await store.load()).toEqual([listingOf('a', 3)])
  })

  it('[S27] says so when it does not keep something', async () => {
    await store.close()
    expect(await store.put(listingOf('a'))).toMatchObject({ ok: false, error: { code: 'not-kept' } })
    await store.close()
  })
})

describe('a store that several servers share', () => {
  it('tells each what the others put and removed', async () => {
    const [mine, theirs] = [await openNats('shared'), await openNats('shared')]
    const heard: string[] = []
    theirs.follow((id, listing) => heard.push(`${id === listingOf('a').id ? 'a' : '?'} ${listing === null ? 'gone' : listing.seenAt}`))
    await mine.put(listingOf('a', 1, 7))
    await until('the put to be heard', async () => heard.includes('a 7'))
    await mine.remove(listingOf('a').id)
    await until('the removal to be heard', async () => heard.includes('a gone'))
    expect(await theirs.load()).toEqual([])
  })

  it('never replaces what another server knows further', async () => {
    const [mine, theirs] = [await openNats('races'), await openNats('races')]
    await Promise.all([3, 9, 5, 7].map((rows) => (rows % 4 === 1 ? mine : theirs).put(listingOf('a', rows))))
    const third = await openNats('races')
    expect(await third.load()).toEqual([listingOf('a', 9)])
  })

  it('does not take for gone what was forgotten to make room and is put again', async () => {
    const [mine, theirs] = [await openNats('again'), await openNats('again')]
    const heard: (string | null)[] = []
    mine.follow((id, listing) => heard.push(listing === null ? null : id))
    await mine.put(listingOf('a'))
    expect(await Promise.all([mine.remove(listingOf('a').id), mine.put(listingOf('a', 2))])).toMatchObject([{ ok: true }, { ok: true }])
    await theirs.put(listingOf('b'))
    await until('what came after it to be heard', async () => heard.includes(listingOf('b').id))
    expect(heard).not.toContain(null)
    expect(await mine.load()).toContainEqual(listingOf('a', 2))
  })

  it('gives a server that comes later what was there before', async () => {
    await (await openNats('later')).put(listingOf('a'))
    expect(await (await openNats('later')).load()).toEqual([listingOf('a')])
  })

  it('leaves out what is no listing, and goes on', async () => {
    const connection = await connect({ servers: [...nats.urls] })
    connections.push(connection)
    const bucket = await new Kvm(connection).create('spoiled')
    await bucket.put(listingOf('a').id, 'this is no listing')
    await bucket.put(listingOf('b').id, JSON.stringify(listingOf('a')))
    await bucket.put('c', '{}')
    const store = await openNats('spoiled')
    expect(await store.load()).toEqual([])
    expect(await store.put(listingOf('a'))).toMatchObject({ ok: true })
    expect(await store.load()).toEqual([listingOf('a')])
  })
})

describe('a bucket of a NATS cluster', () => {
  it('[S91] forgets one entry by its revision, and nothing else', async () => {
    const connection = await connect({ servers: [...nats.urls] })
    connections.push(connection)
    await new Kvm(connection).create('forgetful')
    const bucket = await openBucket(connection, 'forgetful')
    await bucket.put('a', 'stays')
    const gone = await bucket.put('b', 'is replaced')
    await bucket.delete('b')
    await bucket.put('c', 'stays')
    const marker = (await bucket.get('b'))?.revision ?? 0
    expect(await bucket.forget(marker)).toBe(true)
    expect(await bucket.get('b')).toBeNull()
    for (const revision of [gone, marker]) expect(await bucket.forget(revision).catch(isGone)).toBe(true)
    const { values, streamInfo } = await bucket.status()
    expect({ values, last: streamInfo.state.last_seq }).toEqual({ values: 2, last: marker + 1 })
  })
})

describe('a bucket that is deleted and made anew under two servers', () => {
  it('[S92] gets what they have listed, and both go on', async () => {
    const [one, other] = [await openNats('renewed'), await openNats('renewed')]
    const [a, b, c] = [listingOf('a'), listingOf('b'), listingOf('c')]
    await one.put(a)
    await other.put(b)
    const gone: StoredListing['id'][] = []
    other.follow((id, listing) => listing === null && gone.push(id))
    const connection = await connect({ servers: [...nats.urls] })
    connections.push(connection)
    await until('both to have heard both', async () => (await one.load()).length === 2 && (await other.load()).length === 2)
    await (await new Kvm(connection).open('renewed')).destroy()
    const bucket = await new Kvm(connection).create('renewed')
    await until('all to be there again', async () => (await bucket.get(a.id)) !== null && (await bucket.get(b.id)) !== null)
    await until('a new one to be kept', async () => (await one.put(c)).ok)
    await until('and heard', async () => (await other.load()).some(({ id }) => id === c.id))
    expect(gone).toEqual([])
    for (const store of [one, other]) await store.close()
  })
})

describe('the database', () => {
  it('is read by the next server', async () => {
    const first = openSqlite()
    const kept = first.put(listingOf('a'))
    await first.close()
    expect(await kept).toMatchObject({ ok: true })
    const second = openSqlite()
    expect(await second.load()).toEqual([listingOf('a')])
    await second.close()
  })

  it('is one server’s alone', async () => {
    const first = openSqlite()
    const second = openSqliteStore(folder, { clock: createSystemClock(), onSkipped: () => undefined })
    expect(second).toMatchObject({ ok: false, error: { code: 'data-dir' } })
    expect(!second.ok && second.error.message).toContain('in use by another server')
    await first.close()
    await openSqlite().close()
  })

  it('leaves out what is no listing, and goes on', async () => {
    const first = openSqlite()
    await first.put(listingOf('a'))
    await first.put({ ...listingOf('b'), head: 'not hex' })
    await first.close()
    const skipped: unknown[] = []
    const second = openSqlite(skipped)
    expect(await second.load()).toEqual([listingOf('a')])
    expect(skipped).toEqual([listingOf('b').id])
    await second.close()
  })

  it('that is none, or in a place that is none, is refused in one line', async () => {
    await writeFile(join(folder, DATABASE_FILE), 'this is no database, whatever its name may be '.repeat(100))
    const inFile = join(folder, DATABASE_FILE, 'inside')
    for (const place of [folder, inFile]) {
      const opened = openSqliteStore(place, { clock: createSystemClock(), onSkipped: () => undefined })
      expect(opened).toMatchObject({ ok: false, error: { code: 'data-dir' } })
      expect(!opened.ok && opened.error.message).not.toContain('\n')
    }
  })
})

describe('backup and restore', () => {
  it('a backup of a running server’s database is one moment of it', async () => {
    const store = openSqlite()
    await store.put(listingOf('a'))
    expect(backUp(folder, join(folder, 'copy.sqlite'))).toEqual({ ok: true, value: null })
    await store.put(listingOf('b'))
    expect(restore(folder, join(folder, 'copy.sqlite'))).toMatchObject({ ok: false, error: { code: 'data-dir' } })
    await store.close()
    expect(restore(folder, join(folder, 'copy.sqlite'))).toEqual({ ok: true, value: null })
    const restored = openSqlite()
    expect(await restored.load()).toEqual([listingOf('a')])
    await restored.close()
  })

  it('a backup replaces nothing, and a restore of what is no backup changes nothing', async () => {
    const store = openSqlite()
    await store.put(listingOf('a'))
    await store.close()
    const file = join(folder, 'notes.txt')
    await writeFile(file, 'these are notes and no database '.repeat(100))
    expect(backUp(folder, file)).toMatchObject({ ok: false, error: { code: 'data-dir' } })
    expect(restore(folder, file)).toMatchObject({ ok: false, error: { code: 'data-dir' } })
    expect(restore(folder, join(folder, 'none'))).toMatchObject({ ok: false })
    expect(await readFile(file, 'utf8')).toContain('notes')
    const again = openSqlite()
    expect(await again.load()).toEqual([listingOf('a')])
    await again.close()
  })
})
