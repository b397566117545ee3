import { describe, expect, it } from 'vitest'
import { hrefOf, parseRoute, sameRoute, type Route } from '../../../src/ui/router.ts'

const ID = 'a1'.repeat(32)

describe('the address of a page', () => {
  it('every route is found again under its own link', () => {
    const routes: Route[] = [{ page: 'streams' }, { page: 'peers' }, { page: 'publish' }, { page: 'log' }, { page: 'stream', id: ID }]
    for (const route of routes) expect(parseRoute(hrefOf(route))).toEqual(route)
  })

  it('an empty address is home; a slash at the end changes nothing', () => {
    expect(['', '#', '#/', '/'].map((hash) => parseRoute(hash).page)).toEqual(['streams', 'streams', 'streams', 'streams'])
    expect(parseRoute(`#/stream/${ID}/`)).toEqual({ page: 'stream', id: ID })
  })

  it('what is no stream id never becomes one', () => {
    for (const id of ['', 'a1', ID.toUpperCase(), `${ID}0`, `${ID.slice(1)}g`, '../log', '%3Cimg%3E'])
      expect(parseRoute(`#/stream/${id}`).page).toBe('unknown')
  })

  it('a link cannot fill the screen with its own address', () => {
    const route = parseRoute(`#/${'x'.repeat(10_000)}`)
    expect(route.page === 'unknown' && route.path.length).toBe(80)
  })

  it('two streams are two routes', () => {
    expect(sameRoute({ page: 'stream', id: ID }, { page: 'stream', id: 'b2'.repeat(32) })).toBe(false)
    expect(sameRoute({ page: 'log' }, { page: 'log' })).toBe(true)
    expect(sameRoute({ page: 'streams' }, { page: 'unknown', path: 'x' })).toBe(false)
  })
})
