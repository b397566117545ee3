import { describe, expect, it } from 'vitest'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { dyingAfter, holding } from '../../../support/cables.ts'
import { joinNodes } from '../../../support/data-node.ts'
import { backupOf, createSmallWorld, SMALL, startPair, type SmallNode } from '../../../support/small-world.ts'

describe('[T34] a page that is found damaged while newer ones are fetched', () => {
  it('is fetched after them: their end does not make it whole', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdefghijkl')
    const before = await world.subscriber('bob')
    const unplug = await world.meet(alice, before)
    unplug()
    await world.say(alice, 'mnopqrstuvwx')
    const bob = await world.start('bob', backupOf(before.store))
    const { hold, letGo } = holding()
    await joinNodes(alice, bob, { distort: hold })
    await world.wait(500)
    const [record] = bob.store.sync.records()
    const lost = splitPageList(record?.hashes ?? new Uint8Array(0))[1] ?? new Uint8Array(0)
    if (record !== undefined) bob.store.sync.commit({ record, drop: [lost] })
    expect(await bob.client.rows(world.stream, 4, 4)).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
    letGo()
    await world.wait(2_000)
    expect(bob.store.sync.page(lost)).not.toBeNull()
    expect(await world.rows(bob)).toBe('abcdefghijklmnopqrstuvwx')
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', problem: null })
    const ends = bob.log().filter((line) => /^fetching|^history complete/.test(line))
    expect(ends).toMatchInlineSnapshot(`
      [
        "fetching 12 of 24 rows from peers",
        "fetching the damaged pages of 24 rows from peers",
        "history complete: 24 rows, verified and kept",
      ]
    `)
  })
})

describe('[D12] a live row that could not be kept', () => {
  it('is fetched once there is room: its head says what is missing', async () => {
    const { world, alice, bob } = await startPair('abcdef')
    // What is due once a day would find it too.
    await world.wait(130_000)
    bob.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await world.say(alice, 'g')
    expect(bob.state(world.stream)).toMatchObject({ rows: 6, targetRows: 7, phase: 'wanted', problem: { code: 'disk-full' } })
    bob.store.refuseWrites(null)
    await world.wait(31_000)
    expect(await world.rows(bob)).toBe('abcdefg')
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', problem: null })
  })
})

describe('[T20] a download that is interrupted again before its list is whole', () => {
  it('still names the pages that came before the first interruption', async () => {
    const all = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn'
    const world = createSmallWorld()
    const alice = await world.publisher(all)
    const first = await world.subscriber('bob')
    await joinNodes(first, alice, { distort: dyingAfter(7, 'packet') })
    await world.wait(1_000)
    const staged = async ({ store }: SmallNode): Promise<number> => {
      const there = await store.has(splitPageList(alice.store.sync.records()[0]?.hashes ?? new Uint8Array(0)))
      return there.ok ? there.value.filter((isThere) => isThere).length : 0
    }
    const before = await staged(first)
    // More than the run that is verified first after the interruption.
    expect(before).toBeGreaterThan(SMALL.runLeaves)
    const second = await world.start('bob', backupOf(first.store))
    await world.say(alice, 'z')
    await joinNodes(second, alice, { distort: dyingAfter(1, 'hashes') })
    await world.wait(500)
    const third = await world.start('bob', backupOf(second.store))
    expect(await staged(third)).toBe(before)
    await world.meet(alice, third)
    expect(await world.rows(third)).toBe(`${all}z`)
  })
})
