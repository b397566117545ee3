import { describe, expect, it } from 'vitest'
import { MAX_LINKS } from '../../../src/protocol/limits.ts'
import { SWARM_DEFAULTS } from '../../../src/swarm/config.ts'
import { createBench, createSeeker, key, numbered, numberOf, STREAM, streamNo, traffic, type Bench, type News } from './bench.ts'

describe('places', () => {
  /** `count` streams, each with one member of its own; links to all that are dialled, each confirming its stream. */
  const fill = (count: number, confirmed: boolean): Bench => {
    const bench = createBench({ config: { dialsPerSecond: 100 } })
    bench.say({ type: 'server', there: true })
    for (let n = 0; n < count; n++) {
      bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: [numbered(n)] })
    }
    for (let round = 0; round < 10; round++) {
      bench.pass(1)
      for (const { peer } of bench.swarm.view().dialling) {
        const link = numberOf(peer)
        bench.say({ type: 'link-ready', link, peer, via: 'rendezvous' })
        if (confirmed) bench.say({ type: 'link-serves', link, stream: streamNo(link), serving: true })
      }
    }
    return bench
  }

  const add = (bench: Bench, n: number, lacking: boolean): void => {
    bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking })
    bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: [numbered(n)] })
  }

  /** A stream that lacks rows and has sixteen members of its own. */
  const addCrowd = (bench: Bench, n: number): void => {
    add(bench, n, true)
    bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: Array.from({ length: 16 }, (_, at) => numbered(100 * n + at)) })
  }

  it('[W7] at most 8 dials are under way, and in the long run one every two seconds is begun', () => {
    const bench = createBench()
    bench.say({ type: 'server', there: true })
    for (let n = 0; n < 300; n++) {
      bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: [numbered(n)] })
    }
    bench.pass(5)
    expect(bench.swarm.view().dialling).toHaveLength(SWARM_DEFAULTS.maxDials)
    let dialled = 0
    for (let second = 0; second < 60; second++) {
      for (const { peer } of bench.swarm.view().dialling) bench.say({ type: 'dial-failed', peer, trouble: 'mute' })
      dialled += bench.pass(1).split('\n').filter((line) => line.startsWith('dial')).length
    }
    expect(dialled).toBeGreaterThan(25)
    expect(dialled).toBeLessThanOrEqual(SWARM_DEFAULTS.maxDials + 60 * SWARM_DEFAULTS.dialsPerSecond)
  })

  it('[W8] of the links of a node at most 20 are begun by itself: the others are for those who come', () => {
    const bench = fill(40, true)
    expect(bench.swarm.view()).toMatchObject({ begun: 20 })
    // Every link is some stream's only one: none makes room.
    expect(bench.pass(100)).not.toContain('close')
    expect(bench.swarm.view()).toMatchObject({ begun: 20 })
  })

  describe('where more streams lack rows than there are places', () => {
    /** What is done in so many seconds, without questions to the server and to links that have said what they have. */
    const watch = (bench: Bench, seconds: number): readonly string[] => bench.pass(seconds).split('\n').filter((line) => /^(dial|close)/.test(line))
    /** All links go on bringing rows, for so many seconds. */
    const carry = (bench: Bench, from: number, seconds: number): readonly string[] =>
      Array.from({ length: seconds / 2 }, (_, n) => {
        const bytesIn = (from + 2 * n) * SWARM_DEFAULTS.busyBytes
        for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { bytesIn, pagesGood: from + 2 * n }))
        return watch(bench, 2)
      }).flat()
    const complete = (n: number): News => ({ type: 'wanted', stream: streamNo(n), author: null, lacking: false })
    const numberedLinks = (bench: Bench): readonly number[] => bench.swarm.view().links.map(({ link }) => link).sort((a, b) => a - b)
    const numberIn = (line: string): number => Number(/\d+/.exec(line)?.[0])
    const closed = (link: number): News => ({ type: 'link-ended', link, code: 'no-room', cut: false })

    it('[W31] a link to a stream that lacks nothing goes for one that lacks rows, and that one is dialled', () => {
      const bench = fill(21, true)
      expect(numberedLinks(bench)).toHaveLength(20)
      bench.say(complete(7))
      expect(watch(bench, 10)).toEqual(['close link 7 (no-room)'])
      bench.say(closed(7))
      expect(watch(bench, 10)).toEqual(['dial 20 by rendezvous for stream 20'])
    })

    it('[W31] not while it is transferring', () => {
      const bench = fill(21, true)
      for (const { link } of bench.swarm.view().links) bench.say(complete(link))
      expect(carry(bench, 1, 200)).toEqual([])
      expect(watch(bench, 10)).toEqual([expect.stringMatching(/^close/)])
    })

    it('[W31] nor in its first ten seconds', () => {
      const bench = fill(22, true)
      bench.say(complete(7))
      bench.pass(5)
      bench.say(closed(7))
      bench.pass(1)
      bench.say({ type: 'link-ready', link: 20, peer: numbered(20), via: 'rendezvous' })
      bench.say({ type: 'link-serves', link: 20, stream: streamNo(20), serving: true })
      bench.say(complete(20))
      expect(watch(bench, 9)).toEqual([])
      expect(watch(bench, 2)).toEqual(['close link 20 (no-room)'])
    })

    it('[W31] one of a stream that lacks rows too goes when it has brought no page for two minutes', () => {
      const bench = fill(21, true)
      expect(watch(bench, 100)).toEqual([])
      bench.say(traffic(3, { pagesGood: 1 }))
      expect(watch(bench, 30)).toEqual([expect.stringMatching(/^close link (?!3 )/)])
    })

    it('[W31] one that goes on bringing rows after ten minutes, and not before', () => {
      const bench = fill(21, true)
      expect(carry(bench, 1, 580)).toEqual([])
      expect(carry(bench, 600, 30)).toEqual([expect.stringMatching(/^close/)])
    })

    it('[W31] before them one of a stream that lacks nothing', () => {
      const bench = fill(20, true)
      bench.pass(700)
      bench.say(complete(13))
      for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { pagesGood: link === 13 ? 50 : 0 }))
      bench.say({ type: 'wanted', stream: streamNo(99), author: null, lacking: true })
      bench.say({ type: 'listed', stream: streamNo(99), publisher: null, members: [numbered(99)] })
      expect(watch(bench, 5)).toEqual(['close link 13 (no-room)'])
    })

    it('[W31] a stream that lacks nothing closes none that another one needs, and leaves it the last place', () => {
      const bench = fill(20, true)
      for (let n = 0; n < 22; n++) bench.say(complete(n))
      for (const n of [20, 21]) bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: [numbered(n)] })
      expect(watch(bench, 700)).toEqual([])
      bench.say({ type: 'link-ended', link: 5, code: 'channel-closed', cut: false })
      expect(watch(bench, 40)).toEqual([])
      bench.say({ type: 'link-ended', link: 6, code: 'channel-closed', cut: false })
      expect(watch(bench, 40)).toEqual([expect.stringMatching(/^dial (5|6|20|21) /)])
    })

    it('[W31] one that gives nothing goes before one that brings rows, whatever its peer follows', () => {
      const bench = fill(20, true)
      for (let seconds = 0; seconds < 700; seconds += 20) {
        for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { follows: link === 0 ? 0 : 1, pagesGood: link === 0 ? seconds + 1 : 0 }))
        bench.pass(20)
      }
      add(bench, 99, true)
      expect(watch(bench, 12)).toEqual([expect.stringMatching(/^close link (?!0 )/)])
    })

    it('[W31] neither sleep counts, nor more than ten minutes that were taken off by as many', () => {
      const bench = fill(21, true)
      bench.sleep(3_600)
      for (const { link } of bench.swarm.view().links) bench.say({ type: 'link-serves', link, stream: streamNo(link), serving: true })
      expect(watch(bench, 60)).toEqual([])
      const long = fill(20, true)
      long.pass(3_600)
      for (let n = 0; n < 20; n++) long.say(complete(n))
      long.pass(610)
      for (let n = 0; n < 20; n++) long.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      add(long, 99, true)
      expect(watch(long, 110)).toEqual([])
    })

    it('[W31] whose turn ended though it brought rows is not left alone', () => {
      const bench = fill(21, true)
      const [line = ''] = carry(bench, 1, 640)
      bench.say(closed(numberIn(line)))
      bench.say({ type: 'unwanted', stream: streamNo(20) })
      expect(watch(bench, 3)).toEqual([`dial ${numberIn(line)} by rendezvous for stream ${numberIn(line)}`])
    })

    it('a stream that lacks rows is dialled for before one that lacks nothing', () => {
      const bench = createBench({ config: { maxDials: 1 } })
      bench.say({ type: 'server', there: true })
      add(bench, 1, false)
      add(bench, 2, true)
      expect(watch(bench, 5)).toEqual(['dial 2 by rendezvous for stream 2'])
    })

    it('[W31] a link that a complete stream needs does not go for a stream of its own that lacks rows, but another one', () => {
      const bench = fill(20, true)
      for (let n = 0; n < 20; n++) bench.say(complete(n))
      add(bench, 50, true)
      bench.say({ type: 'listed', stream: streamNo(50), publisher: null, members: [numbered(0), numbered(500)] })
      bench.say({ type: 'link-serves', link: 0, stream: streamNo(50), serving: true })
      expect(watch(bench, 140)).toEqual([expect.stringMatching(/^close link (?!0 )/)])
    })

    it('[W31] the time counts from when its stream began to lack rows', () => {
      const bench = fill(20, true)
      for (let n = 0; n < 20; n++) bench.say(complete(n))
      bench.pass(700)
      for (let n = 0; n < 20; n++) bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      add(bench, 99, true)
      expect(watch(bench, 115)).toEqual([])
      expect(watch(bench, 10)).toEqual([expect.stringMatching(/^close/)])
    })

    it('[W31] a stream whose turn is over ends that of no other for as long as it was idle', () => {
      const bench = fill(21, true)
      const [line = ''] = watch(bench, 125)
      expect(line).toMatch(/^close/)
      bench.say(closed(numberIn(line)))
      const [dialled] = watch(bench, 5)
      expect(dialled).toBe('dial 20 by rendezvous for stream 20')
      bench.say({ type: 'link-ready', link: 20, peer: numbered(20), via: 'rendezvous' })
      bench.say({ type: 'link-serves', link: 20, stream: streamNo(20), serving: true })
      expect(watch(bench, 100)).toEqual([])
      expect(watch(bench, 30)).toEqual([expect.stringMatching(/^close/)])
    })

    /** Whoever is dialled confirms the stream, and gives nothing; what the swarm did, each with its second. */
    let links = 1_000
    const liveInVain = (bench: Bench, seconds: number): readonly { readonly second: number; readonly line: string }[] => {
      return Array.from({ length: seconds }, (_, second) =>
        watch(bench, 1).map((line) => {
          const number = numberIn(line)
          if (line.startsWith('close')) bench.say(closed(number))
          else {
            bench.say({ type: 'link-ready', link: ++links, peer: numbered(number), via: 'rendezvous' })
            bench.say({ type: 'link-serves', link: links, stream: streamNo(numberIn(line.slice(line.indexOf('stream')))), serving: true })
          }
          return { second, line }
        }),
      ).flat()
    }

    it('[W31] who had its turn in vain is dialled for the stream after those who had none, and after a longer pause each time', () => {
      const bench = createBench({ config: { maxBegun: 2 } })
      bench.say({ type: 'server', there: true })
      for (const n of [0, 1, 2]) add(bench, n, true)
      bench.say({ type: 'listed', stream: streamNo(0), publisher: null, members: [numbered(0), numbered(500), numbered(600)] })
      const dials = liveInVain(bench, 7_200).filter(({ line }) => line.endsWith('for stream 0'))
      expect(dials.slice(0, 4).map(({ line }) => numberIn(line))).toEqual([0, 500, 600, 0])
      const first = (dials[3]?.second ?? 0) - (dials[0]?.second ?? 0)
      const last = (dials.at(-1)?.second ?? 0) - (dials.at(-4)?.second ?? 0)
      expect(last).toBeGreaterThan(first * 1.5)
    })

    it.each([[21, 40], [40, 300]])('[W31] of %i streams that nobody can complete no more than %i links go in an hour', (streams, most) => {
      const bench = createBench()
      bench.say({ type: 'server', there: true })
      for (let n = 0; n < streams; n++) add(bench, n, true)
      const closes = liveInVain(bench, 3_600).filter(({ line }) => line.startsWith('close')).length
      expect(closes).toBeGreaterThan(10)
      expect(closes).toBeLessThanOrEqual(most)
    })

    it('[W31] peers that let every dial lapse hold the last place of all for one dial', () => {
      const bench = fill(19, true)
      for (let n = 0; n < 19; n++) bench.say(complete(n))
      add(bench, 100, true)
      bench.say({ type: 'listed', stream: streamNo(100), publisher: null, members: Array.from({ length: 16 }, (_, n) => numbered(100 + n)) })
      expect(watch(bench, 5)).toEqual([expect.stringMatching(/ for stream 100$/)])
      add(bench, 200, true)
      expect(watch(bench, 45)).toContain('dial 200 by rendezvous for stream 200')
    })

    it('[W31] nor do they hold all dials: who was not dialled for yet comes first', () => {
      const bench = createBench()
      bench.say({ type: 'server', there: true })
      for (let n = 0; n < 4; n++) addCrowd(bench, n)
      watch(bench, 5)
      add(bench, 900, true)
      expect(watch(bench, 50)).toContain('dial 900 by rendezvous for stream 900')
    })

    it('[W8] no offer is accepted for the last place: it may have been cleared for another stream', () => {
      expect(fill(18, true).swarm.hasPlace()).toBe(true)
      expect(fill(19, true).swarm.hasPlace()).toBe(false)
    })

    it('[W31] where all others lack nothing, who gives nothing makes room for the next of its own stream, and for no other', () => {
      const bench = fill(20, true)
      for (let n = 1; n < 20; n++) bench.say(complete(n))
      bench.say({ type: 'listed', stream: streamNo(0), publisher: null, members: [numbered(0), numbered(500)] })
      expect(watch(bench, 100)).toEqual([])
      expect(watch(bench, 30)).toEqual(['close link 0 (no-room)'])
      bench.say(closed(0))
      expect(watch(bench, 5)).toEqual(['dial 500 by rendezvous for stream 0'])
    })

    it('[W31] nobody keeps a turn by a moment in which nothing is lacking, nor by a server that comes and goes', () => {
      const bench = fill(21, true)
      const lines: string[] = []
      for (let seconds = 0; seconds < 400; seconds += 20) {
        for (const { link } of bench.swarm.view().links) bench.say(complete(link))
        lines.push(...watch(bench, 0.5))
        for (const { link } of bench.swarm.view().links) bench.say({ type: 'wanted', stream: streamNo(link), author: null, lacking: true })
        if (seconds % 100 === 0) bench.say({ type: 'server', there: true })
        bench.say({ type: 'listed', stream: streamNo(20), publisher: null, members: [numbered(20)] })
        lines.push(...watch(bench, 20))
      }
      expect(lines[0]).toMatch(/^close/)
    })

    it('[W31] nor does who sends anything but pages', () => {
      const bench = fill(21, true)
      const lines = Array.from({ length: 70 }, (_, n) => {
        for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { bytesIn: n * SWARM_DEFAULTS.busyBytes, bytesOut: n * SWARM_DEFAULTS.busyBytes }))
        return watch(bench, 2)
      }).flat()
      expect(lines[0]).toMatch(/^close/)
    })

    it('[W31] one peer that confirms many streams and gives nothing does not stand for a link to each', () => {
      const bench = fill(20, true)
      for (let n = 30; n < 40; n++) {
        add(bench, n, true)
        bench.say({ type: 'link-serves', link: 3, stream: streamNo(n), serving: true })
      }
      const dialled = new Set<string>()
      for (const { line } of liveInVain(bench, 900)) if (/ for stream 3\d$/.test(line)) dialled.add(line)
      expect(dialled.size).toBe(10)
    })

    it('[W31] nor does one that has come by itself', () => {
      const bench = fill(20, true)
      add(bench, 30, true)
      bench.say({ type: 'link-ready', link: 77, peer: numbered(77), via: 'rendezvous' })
      bench.say({ type: 'link-serves', link: 77, stream: streamNo(30), serving: true })
      expect(liveInVain(bench, 300).map(({ line }) => line)).toContain('dial 30 by rendezvous for stream 30')
    })

    it('[W31] the publisher has its turns, however many new names there are', () => {
      const bench = createBench({ config: { maxBegun: 2 } })
      bench.say({ type: 'server', there: true })
      bench.say({ type: 'wanted', stream: streamNo(0), author: numbered(0), lacking: true })
      for (const n of [1, 2]) add(bench, n, true)
      const dials: number[] = []
      for (let round = 0; round < 60; round++) {
        bench.say({ type: 'listed', stream: streamNo(0), publisher: numbered(0), members: [numbered(500 + round)] })
        dials.push(...liveInVain(bench, 60).flatMap(({ line }) => (line.endsWith('for stream 0') ? [numberIn(line)] : [])))
      }
      expect(dials.length).toBeGreaterThan(4)
      expect(dials.map((peer) => peer === 0)).toEqual(dials.map((_, at) => at % 2 === 0))
    })

    it('[W31] a row that is on its way ends no turn', () => {
      const bench = fill(20, true)
      for (let n = 0; n < 20; n++) bench.say(complete(n))
      add(bench, 30, false)
      for (let n = 0; n < 20; n++) {
        bench.say({ type: 'wanted', stream: streamNo(30), author: null, lacking: true })
        expect(watch(bench, 4)).toEqual([])
        bench.say(complete(30))
        watch(bench, 1)
      }
      bench.say({ type: 'wanted', stream: streamNo(30), author: null, lacking: true })
      expect(watch(bench, 6)).toEqual([expect.stringMatching(/^close/)])
    })

    it('[W31] a link that transfers goes after ten minutes of it, however old it is', () => {
      const bench = fill(20, true)
      for (let n = 0; n < 20; n++) bench.say(complete(n))
      bench.pass(700)
      add(bench, 99, true)
      for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { bytesOut: SWARM_DEFAULTS.busyBytes }))
      expect(carry(bench, 2, 580)).toEqual([])
      expect(carry(bench, 600, 30)).toEqual([expect.stringMatching(/^close/)])
    })

    it.each([[4, 20], [25, 250]])('[W31] nor of %i with sixteen peers each more than %i', (streams, most) => {
      const bench = createBench()
      bench.say({ type: 'server', there: true })
      for (let n = 0; n < streams; n++) addCrowd(bench, n)
      expect(liveInVain(bench, 3_600).filter(({ line }) => line.startsWith('close')).length).toBeLessThanOrEqual(most)
    })

    it('[W31] a link that a complete stream needs does not go for another stream of its own: that one gets the last place beside it', () => {
      const bench = fill(19, true)
      for (let n = 0; n < 19; n++) bench.say(complete(n))
      bench.say({ type: 'wanted', stream: streamNo(50), author: null, lacking: true })
      bench.say({ type: 'listed', stream: streamNo(50), publisher: null, members: [numbered(3), numbered(500)] })
      bench.say({ type: 'link-serves', link: 3, stream: streamNo(50), serving: true })
      const lines = liveInVain(bench, 200).map(({ line }) => line)
      expect(lines).toEqual(['dial 500 by rendezvous for stream 50'])
    })

    it('[W31] what was in vain is forgotten once nothing is lacking', () => {
      const bench = createBench({ config: { maxBegun: 2 } })
      bench.say({ type: 'server', there: true })
      for (const n of [0, 1, 2]) add(bench, n, true)
      const dialled = liveInVain(bench, 5_000).filter(({ line }) => line.endsWith('for stream 0')).length
      expect(dialled).toBeGreaterThan(2)
      for (const n of [1, 2]) bench.say({ type: 'unwanted', stream: streamNo(n) })
      for (const { link } of bench.swarm.view().links) bench.say(closed(link))
      bench.say(complete(0))
      bench.say({ type: 'wanted', stream: streamNo(0), author: null, lacking: true })
      expect(watch(bench, 5)).toEqual(['dial 0 by rendezvous for stream 0'])
    })

    it.each([[true, /^close link 7 /], [false, /^close link (?!7 )/]])('[W31] a link over which nothing is lacking goes first, without the server last (server: %s)', (there, expected) => {
      const bench = fill(20, true)
      bench.say(complete(7))
      bench.say({ type: 'peer-server', there: true })
      bench.say({ type: 'server', there })
      bench.pass(130)
      add(bench, 99, true)
      expect(watch(bench, 12)).toEqual([expect.stringMatching(expected)])
    })

    it('[W31] one that has enough links that give nothing does not stand before one that has none', () => {
      const bench = createBench()
      bench.say({ type: 'server', there: true })
      for (let n = 0; n < 6; n++) addCrowd(bench, n)
      liveInVain(bench, 600)
      add(bench, 99, true)
      expect(liveInVain(bench, 60).map(({ line }) => line)).toContain('dial 99 by rendezvous for stream 99')
    })

    it('[W31] nor do streams that lack a row for moments', () => {
      const bench = fill(20, true)
      for (let n = 30; n < 50; n++) add(bench, n, false)
      bench.pass(110)
      add(bench, 99, true)
      const lines: string[] = []
      for (let seconds = 0; seconds < 40; seconds += 4) {
        for (let n = 30; n < 50; n++) for (const lacking of [false, true]) bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking })
        lines.push(...liveInVain(bench, 4).map(({ line }) => line))
      }
      expect(lines).toContain('dial 99 by rendezvous for stream 99')
    })

    it('[W30] where there is nobody to invite no link goes', () => {
      const bench = fill(20, true)
      for (let n = 1; n < 20; n++) bench.say(complete(n))
      expect(watch(bench, 3_600)).toEqual([])
    })

    it('[W31] a stream whose link has gone comes behind those that had none', () => {
      const bench = fill(23, true)
      const dialled: string[] = []
      for (let seconds = 0; seconds < 160 && dialled.length < 4; seconds++)
        for (const line of watch(bench, 1)) {
          const link = numberIn(line)
          if (line.startsWith('close')) bench.say(closed(link))
          else dialled.push(line)
          if (line.startsWith('dial')) bench.say({ type: 'dial-failed', peer: numbered(link), trouble: 'no-way' })
        }
      expect(dialled.slice(0, 3).sort()).toEqual([20, 21, 22].map((n) => `dial ${n} by rendezvous for stream ${n}`))
    })
  })

  /** One stream, with every link there is a place for. */
  const fillForOne = (): Bench & { answer(): void } => {
    const bench = createBench({ config: { linksPerStream: 25, dialsPerSecond: 100, maxDials: 30, maxCandidates: 30 } })
    bench.say({ type: 'server', there: true })
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: true })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: Array.from({ length: 30 }, (_, n) => numbered(n)) })
    bench.pass(5)
    const answer = (): void => {
      for (const { peer } of bench.swarm.view().dialling) {
        const link = numberOf(peer)
        bench.say({ type: 'link-ready', link, peer, via: 'rendezvous' })
        bench.say({ type: 'link-serves', link, stream: link < 100 ? STREAM : streamNo(link), serving: true })
      }
    }
    answer()
    bench.pass(20)
    // The stream has a link: 19 places for it.
    expect(bench.swarm.view().begun).toBe(19)
    for (const link of bench.swarm.view().links) bench.say(traffic(link.link, { follows: link.link === 3 ? 0 : 1 }))
    return { ...bench, answer }
  }

  it('[W8] the last place is for a stream that lacks rows and has no link; once it is taken the least useful link makes room', () => {
    const bench = fillForOne()
    for (const n of [200, 201]) add(bench, n, true)
    const did = bench.pass(5)
    bench.answer()
    expect(`${did}\n${bench.pass(20)}`).toContain('close link 3 (no-room)')
    bench.say({ type: 'link-ended', link: 3, code: 'no-room', cut: false })
    bench.pass(5)
    bench.answer()
    expect(bench.swarm.view().links.map(({ link }) => link)).toEqual(expect.arrayContaining([200, 201]))
    expect(bench.swarm.view().begun).toBeLessThanOrEqual(20)
  })

  it('[W8] it makes room also for a stream that lacks nothing and has no link', () => {
    const bench = fillForOne()
    add(bench, 200, false)
    expect(bench.pass(5)).toContain('close link 3 (no-room)')
    bench.say({ type: 'link-ended', link: 3, code: 'no-room', cut: false })
    expect(bench.pass(1)).toContain('dial 200 by rendezvous for stream 200')
  })

  it('[W8] a link that is transferring never makes room', () => {
    const bench = fill(20, false)
    bench.say({ type: 'wanted', stream: streamNo(900), author: null, lacking: true })
    bench.say({ type: 'listed', stream: streamNo(900), publisher: null, members: [numbered(900)] })
    let bytesIn = 0
    for (let second = 0; second < 60; second += 2) {
      bytesIn += SWARM_DEFAULTS.busyBytes
      for (const { link } of bench.swarm.view().links) bench.say(traffic(link, { bytesIn }))
      expect(bench.pass(2)).not.toContain('close')
    }
    expect(bench.pass(10)).toContain('(no-room)')
  })

  it('[W9] nobody is dialled who is linked or being dialled already, and no link of theirs counts as ours', () => {
    const bench = createSeeker(['bob', 'carol'])
    bench.say({ type: 'meeting', stream: STREAM, peer: key('bob'), ours: false })
    bench.link(1, 'alice', true)
    expect(bench.pass(4)).toBe('dial carol by rendezvous for stream 1')
    bench.link(2, 'bob', true)
    expect(bench.swarm.view().begun).toBe(1)
  })

  it('[W9] peers that begin to meet this node and never come do not keep it from dialling', () => {
    const bench = createSeeker(['bob'])
    for (let n = 0; n < 8; n++) bench.say({ type: 'meeting', stream: STREAM, peer: numbered(n), ours: false })
    expect(bench.pass(5)).toContain('dial alice by rendezvous')
  })

  it('[W9] a dial that nobody ends is over after 45 s', () => {
    const bench = createSeeker([])
    bench.pass(0.5)
    bench.pass(44)
    expect(bench.swarm.view().dialling).toHaveLength(1)
    bench.pass(2)
    expect(bench.swarm.view().dialling).toEqual([])
  })
})

describe('places of those who come', () => {
  /** So many have come, the first of them first; each follows a stream of this node. */
  const host = (count: number): Bench => {
    const bench = createBench()
    for (let link = 0; link < count; link++) {
      bench.say({ type: 'link-ready', link, peer: numbered(link), via: 'rendezvous' })
      bench.say(traffic(link, { follows: 1 }))
      bench.pass(1)
    }
    return bench
  }
  const closed = (link: number): News => ({ type: 'link-ended', link, code: 'busy', cut: false })

  it('[W32] where all links are taken the two that came first make room after ten minutes, no sooner, and no others', () => {
    const bench = host(MAX_LINKS)
    expect(bench.pass(600 - MAX_LINKS - 1)).toBe('')
    expect(bench.pass(3)).toBe('close link 0 (busy)\nclose link 1 (busy)')
    for (const link of [0, 1]) bench.say(closed(link))
    expect(bench.pass(600)).toBe('')
  })

  it('[W32] who comes then has a place, and the next one makes room', () => {
    const bench = host(MAX_LINKS)
    bench.pass(610)
    for (const link of [0, 1]) bench.say(closed(link))
    bench.say({ type: 'link-ready', link: 99, peer: numbered(99), via: 'rendezvous' })
    expect(bench.pass(5)).toBe('close link 2 (busy)')
  })

  it('[W32] who is transferring goes after who is not', () => {
    const bench = host(30)
    bench.pass(700)
    for (const link of [0, 1, 2]) bench.say(traffic(link, { follows: 1, bytesOut: SWARM_DEFAULTS.busyBytes }))
    for (const link of [98, 99]) bench.say({ type: 'link-ready', link, peer: numbered(link), via: 'rendezvous' })
    expect(bench.pass(2)).toBe('close link 3 (busy)\nclose link 4 (busy)')
  })

  it('[W32] nor whom this node has dialled itself', () => {
    const bench = createBench()
    bench.say({ type: 'meeting', stream: STREAM, peer: numbered(0), ours: true })
    for (let link = 0; link < MAX_LINKS; link++) {
      bench.say({ type: 'link-ready', link, peer: numbered(link), via: 'rendezvous' })
      bench.say(traffic(link, { follows: 1 }))
    }
    expect(bench.pass(605)).toBe('close link 1 (busy)\nclose link 2 (busy)')
  })

  it('[W32] one that is idle is closed and no other for it', () => {
    const bench = host(30)
    bench.pass(700)
    bench.say({ type: 'link-ready', link: 99, peer: numbered(99), via: 'rendezvous' })
    expect(bench.say(traffic(0, { follows: 0 }))).toBe('')
    expect(bench.pass(5)).toBe('close link 0 (idle)')
  })

  it('[W32] not who has what this node wants and nobody else has', () => {
    const bench = host(MAX_LINKS)
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: false })
    bench.say({ type: 'link-serves', link: 0, stream: STREAM, serving: true })
    expect(bench.pass(610)).toMatch(/^close link 1 \(busy\)\nclose link 2 \(busy\)$/m)
  })

  it('[W32] it speaks against nobody: what was closed so is dialled at once where it is needed', () => {
    const bench = host(MAX_LINKS)
    bench.say({ type: 'server', there: true })
    bench.pass(600)
    bench.say(closed(0))
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: true })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [numbered(0)] })
    expect(bench.pass(2)).toContain('dial 0 by rendezvous for stream 1')
  })
})
