import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildServer } from '../../signaling/launch/build.mjs'
import { startServer, type TestServer } from '../support/server.ts'
import { ATTACKS, costOf, served } from '../support/signaling-attacks.ts'

// Strangers against the built server in a process of its own, whose memory is looked at before and after.

let server: TestServer
beforeAll(async () => {
  await buildServer()
  server = await startServer({ more: { LOG_LEVEL: 'silent' } })
  await served(server.port)
}, 120_000)
afterAll(() => server.stop())

/** What an attack may cost while it goes on, MiB: a garbage-collected heap breathes by about half of this. */
const MAX_COST_MIB = 96

describe('a hostile stranger is refused, and costs little memory', () => {
  it.each(ATTACKS.map((attack) => [attack.title, attack] as const))('%s', async (_, attack) => {
    expect(await costOf(server.port, attack)).toBeLessThan(MAX_COST_MIB)
  })
})
