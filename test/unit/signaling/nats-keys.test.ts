import { expect, it } from 'vitest'
import { CLAIM_MS, STORE_PAUSE_MS } from '../../../signaling/limits.ts'
import { createLog } from '../../../signaling/log.ts'
import { createNatsKeys } from '../../../signaling/rendezvous-keys/nats.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { createFakeBucket } from '../../support/fake-bucket.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const [ann, ben] = ['a', 'b'].map((digit) => digit.repeat(64) as PublicKey) as [PublicKey, PublicKey]
const [east, west] = ['e'.repeat(16), 'f'.repeat(16)]
const KEY = '7'.repeat(64)

/** Everything that can happen without time passing has happened. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

const setUp = () => {
  const [clock, bucket] = [createVirtualClock(), createFakeBucket()]
  const keys = createNatsKeys(bucket, { clock, log: createLog('silent', false, { write: () => undefined }) })
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left >= 0; left -= STORE_PAUSE_MS) {
      await settled()
      clock.advance(STORE_PAUSE_MS)
    }
  }
  return { bucket, pass, claim: (node: PublicKey, server: string) => keys.claim(KEY, { node, server }, () => true) }
}

it('[S88] a claim whose answer was lost is the caller’s own, for the first and for the second', async () => {
  const { bucket, pass, claim } = setUp()
  for (const [node, server] of [[ann, east], [ben, west]] as const) {
    bucket.losesAnswers = true
    const claimed = claim(node, server)
    await pass(0)
    bucket.losesAnswers = false
    await pass(STORE_PAUSE_MS)
    expect(await claimed).toEqual({ ok: true, value: { home: east } })
  }
})

it('[S88] a claim whose answer was lost is the caller’s own though the second caller has come since', async () => {
  const { bucket, pass, claim } = setUp()
  bucket.losesAnswers = true
  const first = claim(ann, east)
  await settled()
  bucket.losesAnswers = false
  expect(await claim(ben, west)).toEqual({ ok: true, value: { home: east } })
  await pass(STORE_PAUSE_MS)
  expect(await first).toEqual({ ok: true, value: { home: east } })
})

it('[S88] a claim waits for a store that is away, but not for ever', async () => {
  const { bucket, pass, claim } = setUp()
  bucket.isAway = true
  const patient = claim(ann, east)
  await pass(CLAIM_MS / 2)
  bucket.isAway = false
  await pass(STORE_PAUSE_MS)
  expect(await patient).toMatchObject({ ok: true })
  bucket.isAway = true
  const inVain = claim(ben, west)
  await pass(CLAIM_MS + STORE_PAUSE_MS)
  expect(await inVain).toMatchObject({ ok: false, error: { code: 'not-kept' } })
})

it('[S88] a claim that is carried out only when it is tried again is the caller’s own all the same', async () => {
  const { bucket, pass, claim } = setUp()
  for (const [node, server] of [[ann, east], [ben, west]] as const) {
    bucket.isSlow = true
    const claimed = claim(node, server)
    await pass(0)
    bucket.isSlow = false
    await pass(STORE_PAUSE_MS)
    expect(await claimed).toEqual({ ok: true, value: { home: east } })
  }
})

it('[S42] a node that calls twice for a key at once is refused once', async () => {
  const { claim } = setUp()
  const claims = await Promise.all([claim(ann, east), claim(ann, east)])
  expect(claims.map((one) => (one.ok ? 'done' : one.error.code)).sort()).toEqual(['done', 'same-node'])
})
