import { expect, it } from 'vitest'
import { aimOf, canServe, isCurious, longestBeyond, wants } from '../../../../src/data/downloads/aims.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import type { SignedHead } from '../../../../src/domain/head.ts'
import { createNodeKey, headOf, idOf, identityOf } from '../../../support/node-key.ts'

const KEY = createNodeKey()
const STREAM = idOf(identityOf(KEY))
const at = (rows: number, epoch = 0): SignedHead => headOf(KEY, STREAM, rows, { epoch })
const servedAre = (...heads: SignedHead[]): { readonly head: SignedHead }[] => heads.map((head) => ({ head }))

interface Given {
  readonly has: SignedHead | null
  readonly target: SignedHead | null
  readonly subscribed?: boolean
  readonly own?: boolean
  readonly damaged?: boolean
  readonly falseEpoch?: number
  readonly isDoubted?: boolean
  readonly fork?: { readonly epoch: number; readonly evidence: null } | null
}

const entryOf = ({ has, target, subscribed = true, own = false, damaged = false, falseEpoch = -1, isDoubted = false, fork = null }: Given): Entry =>
  ({ history: { record: { head: has, subscribed }, isDoubted }, own, target, damaged, problem: null, fork, falseEpoch, givenUp: -1 }) as unknown as Entry

it('what is followed or one’s own is wanted while it is behind', () => {
  const behind = { has: at(10), target: at(20) }
  expect(wants(entryOf(behind))).toBe(true)
  expect(wants(entryOf({ ...behind, subscribed: false }))).toBe(false)
  expect(wants(entryOf({ ...behind, subscribed: false, own: true }))).toBe(true)
  expect(wants(entryOf({ has: at(20), target: at(20) }))).toBe(false)
})

it('peers are asked of what is followed without a head to believe, and of what is damaged and has no aim', () => {
  expect(isCurious(entryOf({ has: null, target: null }))).toBe(true)
  expect(isCurious(entryOf({ has: at(20), target: at(20), fork: { epoch: 0, evidence: null } }))).toBe(true)
  expect(isCurious(entryOf({ has: at(20), target: null, subscribed: false, damaged: true }))).toBe(true)
  expect(isCurious(entryOf({ has: null, target: null, subscribed: false }))).toBe(false)
  expect(isCurious(entryOf({ has: at(20), target: at(20) }))).toBe(false)
})

it('whoever has as many rows of the same epoch can serve a head', () => {
  expect([canServe(at(20), at(20)), canServe(at(21), at(20)), canServe(at(19), at(20)), canServe(at(99, 1), at(20))]).toEqual([true, true, false, false])
})

it('the target is aimed at when somebody serves it or more, else the longest that is served and longer than what is here', () => {
  const target = at(30)
  const entry = entryOf({ has: at(10), target })
  expect(aimOf(entry, target, servedAre(at(30)))).toBe(target)
  expect(aimOf(entry, target, servedAre(at(31)))).toBe(target)
  const [short, long] = [at(15), at(25)]
  expect(aimOf(entry, target, servedAre(short, long, at(10)))).toBe(long)
  expect(aimOf(entry, target, servedAre(at(10), at(9)))).toBeNull()
  expect(aimOf(entry, target, [])).toBeNull()
})

it('no head of an epoch that is not believed is aimed at', () => {
  expect(longestBeyond(entryOf({ has: null, target: null, falseEpoch: 1 }), servedAre(at(25), at(25, 1)))).toBeNull()
  const later = at(5, 2)
  expect(longestBeyond(entryOf({ has: null, target: null, falseEpoch: 1 }), servedAre(at(25, 1), later))).toBe(later)
})

it('beside a head that nobody gives, the longest below it', () => {
  const [below, least] = [at(20), at(15)]
  expect(longestBeyond(entryOf({ has: at(10), target: at(30) }), servedAre(at(30), below, least), at(30))).toBe(below)
})

it('for a damaged page the longest of the same epoch that is served, though it is shorter than what is here', () => {
  const mine = at(30, 1)
  const [most, least] = [at(25, 1), at(20, 1)]
  const damaged = { has: mine, target: mine, damaged: true }
  expect(aimOf(entryOf(damaged), mine, servedAre(most, least))).toBe(most)
  expect(aimOf(entryOf(damaged), mine, servedAre(at(29)))).toBeNull()
  expect(aimOf(entryOf({ ...damaged, damaged: false }), mine, servedAre(most))).toBeNull()
  // Of these nothing that is here can be held against what comes, or nothing is believed.
  expect(aimOf(entryOf({ ...damaged, isDoubted: true }), mine, servedAre(most))).toBeNull()
  expect(aimOf(entryOf({ ...damaged, falseEpoch: 1 }), mine, servedAre(most))).toBeNull()
})
