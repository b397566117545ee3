import { describe, expect, it } from 'vitest'
import type { StreamId } from '../../../src/domain/stream.ts'
import { MAX_LISTED_PEERS } from '../../../src/protocol/limits.ts'
import { SWARM_DEFAULTS } from '../../../src/swarm/config.ts'
import { createBench, createSeeker, key, numbered, STREAM, streamNo, traffic, wanted, type Bench, type BenchOptions, type Name } from './bench.ts'

describe('whom a node dials for a stream', () => {
  it('[W1] [W2] the publisher first, then others of the list, three in all; who denies is followed by the next', () => {
    const bench = createSeeker(['bob', 'carol', 'dave', 'erin'])
    expect(bench.pass(5)).toMatchInlineSnapshot(`
      "dial alice by rendezvous for stream 1
      dial bob by rendezvous for stream 1
      dial carol by rendezvous for stream 1"
    `)
    bench.link(1, 'alice', true)
    bench.link(2, 'bob', false)
    expect(bench.pass(1)).toBe('dial dave by rendezvous for stream 1')
    bench.link(3, 'carol', true)
    bench.link(4, 'dave', true)
    bench.say(wanted(false))
    expect(bench.pass(60)).toBe('remember stream 1: alice carol dave')
  })

  it('[W1] a stream that lacks nothing gets its links too, and gets another when one ends', () => {
    const bench = createSeeker(['bob', 'carol', 'dave', 'erin'])
    bench.say(wanted(false))
    bench.pass(5)
    for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) bench.link(index + 1, name, true)
    bench.pass(120)
    bench.say({ type: 'link-ended', link: 3, code: 'channel-closed', cut: false })
    expect(bench.pass(1)).toBe('dial dave by rendezvous for stream 1')
  })

  /** Three subscribers who confirm one another; the publisher is away. */
  const among = (seed = 1): Bench => {
    const bench = createSeeker(['bob', 'carol', 'dave', 'erin'], { online: false, seed })
    bench.pass(5)
    for (const [index, name] of (['bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
    bench.say(wanted(false))
    return bench
  }

  it('[W21] without the server a publisher is looked for by its id, though three others serve the stream and nobody has met it before', () => {
    const bench = among()
    bench.say({ type: 'peer-server', there: true })
    expect(bench.pass(60)).not.toContain('dial')
    bench.say({ type: 'server', there: false })
    expect(bench.pass(10)).toContain('dial alice by peerjs for stream 1')
    const dialled: number[] = []
    for (let second = 0; second < 1_000; second++) {
      for (const { peer } of bench.swarm.view().dialling) bench.say({ type: 'dial-failed', peer, trouble: 'absent' })
      if (bench.pass(1).includes('dial alice by peerjs')) dialled.push(second)
    }
    // As long as it is away: with the pauses of any peer that cannot be reached.
    const pauses = dialled.map((at, index) => at - (dialled[index - 1] ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(181)
    expect(dialled.length).toBeLessThan(20)
    bench.link(4, 'alice', true)
    expect(bench.pass(300)).not.toContain('dial')
  })

  it('[W21] only the publisher is dialled beside three others, and no place is cleared for it', () => {
    const bench = createSeeker(['bob', 'carol', 'dave', 'erin'], { online: false, config: { maxBegun: 4 } })
    bench.pass(5)
    for (const [index, name] of (['bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
    expect(bench.pass(60)).not.toContain('dial')
    bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
    // Three places are taken, and the last one is for a stream without any link.
    expect(bench.pass(50)).not.toMatch(/dial|close/)
    const single = createSeeker(['bob'], { online: false, config: { linksPerStream: 1, maxBegun: 2 } })
    single.pass(5)
    single.link(1, 'bob', true)
    single.pass(30)
    single.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
    expect(single.pass(60)).not.toMatch(/dial|close/)
  })

  it('[W21] followers who have their other links dial a publisher that came back one by one, within 20 s', () => {
    const after = Array.from({ length: 40 }, (_, seed) => {
      const bench = among(seed)
      bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
      let seconds = 0
      while (!bench.pass(1).includes('dial alice by rendezvous') && seconds < 60) seconds++
      return seconds
    })
    expect(Math.max(...after)).toBeLessThanOrEqual(20)
    for (let from = 0; from < 20; from += 5) expect(after.filter((at) => at >= from && at < from + 5).length).toBeLessThan(20)
  })

  it('[W2] only a link over which it is confirmed counts; who says nothing is asked once more, then the next is tried', () => {
    const bench = createSeeker(['bob'], { config: { linksPerStream: 1 } })
    bench.pass(5)
    bench.link(1, 'alice')
    expect(bench.pass(4.5)).toBe('')
    expect(bench.pass(1)).toBe('ask link 1 for stream 1')
    expect(bench.pass(4)).toBe('')
    expect(bench.pass(1.5)).toBe('dial bob by rendezvous for stream 1')
  })

  it('[W29] while rows are lacking one link more is looked for a minute, three at most: three who confirm and give nothing keep nobody out', () => {
    const bench = createSeeker(['bob', 'carol', 'dave'], { online: false })
    bench.pass(5)
    for (const [index, name] of (['bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
    for (const name of ['erin', 'frank', 'grace', 'heidi', 'ivan'] as const) bench.say({ type: 'heard', stream: STREAM, peer: key(name), arrived: false })
    bench.say(wanted(true))
    let links = 3
    /** Who is dialled in which second; each is linked at once. */
    const dialled = (seconds: number): string => {
      const lines: string[] = []
      for (let second = 1; second <= seconds; second++)
        for (const [, name] of bench.pass(1).matchAll(/dial (\w+)/g)) {
          lines.push(`${name} ${second}`)
          bench.link(++links, name as Name, true)
        }
      return lines.join(', ')
    }
    expect(dialled(220)).toBe('erin 55, frank 115, grace 175')
    // One that ends is followed by the next.
    bench.say({ type: 'link-ended', link: 6, code: 'channel-closed', cut: false })
    expect(dialled(14)).toBe('heidi 1')
    // Of what is whole three are enough, and of what lacks rows anew, for its first minute.
    bench.say(wanted(false))
    for (const link of [4, 5, 7]) bench.say({ type: 'link-ended', link, code: 'channel-closed', cut: false })
    expect(dialled(900)).toBe('')
    bench.say(wanted(true))
    expect(dialled(59)).toBe('')
  })

  describe('[W30] for a stream that lacks rows though all its links are there', () => {
    const SIX = ['bob', 'carol', 'dave', 'erin', 'frank', 'grace'] as const
    /** All six have confirmed it and have given nothing for four minutes; nobody is invited within a minute of that yet. */
    const createStuck = (others: readonly Name[], options: BenchOptions = {}) => {
      const bench = createSeeker(SIX, { online: false, ...options })
      SIX.forEach((name, index) => bench.link(index + 1, name, true))
      for (const name of others) bench.say({ type: 'heard', stream: STREAM, peer: key(name), arrived: false })
      bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [...SIX, ...others].map(key) })
      expect(bench.pass(240)).not.toMatch(/dial|close/)
      return bench
    }
    /** What is done in so many seconds, and when: each guest is linked at once as one more. */
    const createHost = (bench: Bench) => {
      let links = 7
      return (seconds: number): readonly string[] => {
        const lines: string[] = []
        for (let second = 1; second <= seconds; second++)
          for (const [line, name, link] of bench.pass(1).matchAll(/dial (\w+) by rendezvous for stream .|close link (\d+)/g)) {
            lines.push(`${second}: ${line.replace(' by rendezvous', '')}`)
            if (name !== undefined) bench.link(links++, name as Name, true)
            if (link !== undefined) bench.say({ type: 'link-ended', link: Number(link), code: 'no-room', cut: false })
          }
        return lines
      }
    }

    it('one more is invited beside them, goes when it gave nothing, and somebody else comes', () => {
      const host = createHost(createStuck(['heidi', 'ivan']))
      expect(host(900)).toEqual([
        '66: dial ivan for stream 1',
        '156: close link 7',
        '164: dial heidi for stream 1',
        '254: close link 8',
        '430: dial ivan for stream 1',
        '520: close link 9',
        '650: dial heidi for stream 1',
        '740: close link 10',
        '835: dial ivan for stream 1',
      ])
    })

    it('whoever helps stays, and so do the others', () => {
      const bench = createStuck(['heidi'])
      const host = createHost(bench)
      expect(host(75)).toHaveLength(1)
      bench.say(wanted(false))
      expect(host(3_600)).toEqual([])
      expect(bench.swarm.view().links).toHaveLength(7)
    })

    it('a guest stays while pages come from it; after ten minutes it is a link as any other, and somebody else is invited', () => {
      const bench = createStuck(['heidi', 'ivan'])
      const host = createHost(bench)
      host(66)
      const lines: string[] = []
      for (let pages = 1; pages <= 11; pages++) {
        bench.say(traffic(7, { pagesGood: pages }))
        lines.push(...host(60))
      }
      expect(lines).toEqual([expect.stringContaining('dial')])
      expect(bench.swarm.view().links).toHaveLength(8)
    })

    it('one from which pages came once does not', () => {
      const bench = createStuck(['heidi'])
      const host = createHost(bench)
      host(75)
      bench.say(traffic(7, { pagesGood: 1 }))
      expect(host(120)).toEqual([])
      expect(host(90).at(0)).toContain('close link 7')
    })

    it('nobody is closed where nobody else is known, and the server is asked for others', () => {
      const bench = createStuck([])
      const lines = bench.pass(300)
      expect(lines).not.toMatch(/dial|close/)
      expect(lines).toContain('ask the server who has stream 1')
      bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [...SIX.map(key), key('judy')] })
      expect(bench.pass(5)).toContain('dial judy')
    })

    it('the server is asked for others also while some are left to invite', () => {
      const bench = createStuck(['heidi', 'ivan'])
      expect(bench.pass(75)).toContain('ask the server who has stream 1')
    })

    it('who is invited is drawn by lot: who looks best does not have the rows', () => {
      const drawn = Array.from({ length: 12 }, (_, seed) => {
        const bench = createStuck(['heidi', 'ivan'], { seed })
        bench.say({ type: 'dial-failed', peer: key('ivan'), trouble: 'mute' })
        return /dial (\w+)/.exec(bench.pass(90))?.[1]
      })
      expect(new Set(drawn)).toEqual(new Set(['heidi', 'ivan']))
    })

    it('one guest at a time, whatever is stuck, for the stream that waited longest', () => {
      const bench = createStuck(['heidi', 'ivan', 'judy'])
      // It is stuck four minutes later than the first.
      bench.say({ type: 'wanted', stream: streamNo(2), author: null, lacking: true })
      for (const link of [1, 2, 3, 4, 5, 6]) bench.say({ type: 'link-serves', link, stream: streamNo(2), serving: true })
      for (const name of ['heidi', 'ivan', 'judy'] as const) bench.say({ type: 'heard', stream: streamNo(2), peer: key(name), arrived: false })
      const lines = createHost(bench)(1_500).filter((line) => line.includes('dial'))
      expect(lines.slice(0, 4).map((line) => line.slice(-1))).toEqual(['1', '1', '2', '1'])
    })

    it('a guest that another stream needs stays', () => {
      const bench = createStuck(['heidi'])
      const host = createHost(bench)
      host(75)
      bench.say({ type: 'wanted', stream: streamNo(2), author: null, lacking: false })
      // Three with it: one fewer is too few.
      for (const link of [1, 2, 7]) bench.say({ type: 'link-serves', link, stream: streamNo(2), serving: true })
      expect(host(300).filter((line) => line.includes('close'))).toEqual([])
    })

    it('and one that has come by itself is not closed', () => {
      const bench = createStuck(['heidi'])
      expect(bench.pass(75)).toContain('dial heidi')
      bench.say({ type: 'dial-failed', peer: key('heidi'), trouble: 'mute' })
      bench.link(7, 'heidi', true)
      expect(bench.pass(300)).not.toContain('close')
    })

    it('a dial in vain costs its turn and no more', () => {
      const bench = createStuck(['heidi', 'ivan'])
      const dialled: string[] = []
      for (let second = 1; second <= 750; second++)
        for (const [, name = ''] of bench.pass(1).matchAll(/dial (\w+)/g)) {
          dialled.push(`${second}: ${name}`)
          bench.say({ type: 'dial-failed', peer: key(name as Name), trouble: 'mute' })
        }
      expect(dialled).toEqual(['66: ivan', '164: heidi', '447: heidi', '662: ivan'])
    })

    it.each([
      ['[W8] nobody for the last place', { maxBegun: 1 }],
      ['[W7] and nobody beyond what may be dialled', { maxDials: 0 }],
    ])('%s', (_, config) => {
      const bench = createStuck(['heidi'], { config })
      expect(bench.pass(300)).not.toContain('dial')
    })

    it('what is stuck anew gets its first guest after a minute again', () => {
      const bench = createStuck(['heidi', 'ivan', 'judy'])
      const host = createHost(bench)
      host(300)
      bench.say(wanted(false))
      bench.pass(1)
      bench.say(wanted(true))
      expect(host(240)).toEqual([])
      expect(host(80).join()).toMatch(/dial/)
    })

    it('[W21] the publisher is no guest: it is looked for all the same', () => {
      const bench = createStuck(['heidi'])
      bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
      const host = createHost(bench)
      expect(host(25)).toEqual([expect.stringContaining('dial alice')])
      expect(host(100)).toEqual([expect.stringContaining('dial heidi')])
    })

    it('[W21] nor is it one where its stream is not looked at in every tick', () => {
      const bench = createStuck([], { config: { maxConsidered: 1 } })
      for (let n = 2; n < 10; n++) bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      bench.pass(100)
      bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
      expect(createHost(bench)(300)).toEqual([expect.stringContaining('dial alice')])
    })

    it('[W6] sixteen who are linked and give nothing do not keep others out of its candidates', () => {
      const bench = createStuck([], { config: { maxCandidates: 6 } })
      bench.say({ type: 'heard', stream: STREAM, peer: key('heidi'), arrived: false })
      expect(bench.pass(75)).toContain('dial heidi')
    })

    it('[W6] nor do those who confirmed it once and are away', () => {
      const bench = createStuck([], { config: { maxCandidates: 8 } })
      for (const [link, name] of [[7, 'heidi'], [8, 'ivan']] as const) {
        bench.link(link, name, true)
        bench.say({ type: 'link-ended', link, code: 'idle', cut: false })
      }
      bench.say({ type: 'listed', stream: STREAM, publisher: null, members: SIX.map(key) })
      bench.say({ type: 'heard', stream: STREAM, peer: key('judy'), arrived: false })
      expect(bench.pass(75)).toContain('dial judy')
    })

    it('nobody twice before everybody once, also where for another stream nobody is left', () => {
      const names = ['heidi', 'ivan', 'judy'] as const
      const bench = createStuck(names)
      bench.say({ type: 'wanted', stream: streamNo(2), author: null, lacking: true })
      for (const link of [1, 2, 3, 4, 5, 6]) bench.say({ type: 'link-serves', link, stream: streamNo(2), serving: true })
      const lines = createHost(bench)(3_000).filter((line) => line.includes('dial'))
      const drawn = lines.map((line) => names.findIndex((name) => line.includes(name)))
      for (let round = 0; round + 3 <= drawn.length; round += 3) expect(drawn.slice(round, round + 3).sort()).toEqual([0, 1, 2])
      expect(drawn.length).toBeGreaterThan(9)
    })

    it('[W21] nor is the publisher of another stream, and its link is not closed', () => {
      const bench = createStuck(['heidi'])
      bench.say({ type: 'wanted', stream: streamNo(2), author: key('heidi'), lacking: false })
      for (const link of [1, 2, 3, 4, 5, 6]) bench.say({ type: 'link-serves', link, stream: streamNo(2), serving: true })
      expect(createHost(bench)(600)).toEqual([])
      const other = createStuck(['heidi'])
      const host = createHost(other)
      host(75)
      other.say({ type: 'wanted', stream: streamNo(2), author: key('heidi'), lacking: false })
      for (const link of [1, 2, 3, 4, 5, 6, 7]) other.say({ type: 'link-serves', link, stream: streamNo(2), serving: true })
      expect(host(600)).toEqual([])
    })

    it('[W8] where every place is taken a link is closed for a guest that no stream needs', () => {
      const bench = createStuck(['heidi', 'ivan'], { config: { maxBegun: 2 } })
      const host = createHost(bench)
      host(75)
      bench.say(wanted(false))
      expect(host(60)).toEqual([])
      bench.say(wanted(true))
      const lines = host(330)
      expect(lines).toEqual([expect.stringContaining('close link 7'), expect.stringMatching(/dial (heidi|ivan)/)])
    })

    it('[W6] nor do those who have had their turn', () => {
      const bench = createStuck([], { config: { maxCandidates: 2 } })
      for (const name of ['heidi', 'ivan'] as const) bench.say({ type: 'heard', stream: STREAM, peer: key(name), arrived: false })
      const host = createHost(bench)
      expect(host(300).filter((line) => line.includes('close'))).toHaveLength(2)
      bench.say({ type: 'heard', stream: STREAM, peer: key('judy'), arrived: false })
      expect(host(300).join()).toContain('dial judy')
    })

    it('not all followers dial at once who turns up where nobody was left to invite', () => {
      const atOnce = Array.from({ length: 12 }, (_, seed) => {
        const bench = createStuck([], { seed })
        bench.pass(100)
        bench.say({ type: 'heard', stream: STREAM, peer: key('judy'), arrived: false })
        return bench.pass(0.5).includes('dial judy')
      })
      expect(atOnce.filter((isAtOnce) => isAtOnce).length).toBeLessThan(6)
    })

    it('[W23] a guest that a person refuses is not closed twice', () => {
      const bench = createStuck(['heidi'])
      createHost(bench)(75)
      expect(bench.say({ type: 'refuse', peers: [key('heidi')], forMs: null })).toBe('refuse heidi')
      expect(bench.pass(120)).not.toContain('close')
    })

    it('[W8] nothing is closed for a guest while a dial may still come to nothing', () => {
      const bench = createStuck(['heidi', 'ivan', 'judy'], { config: { maxBegun: 3 } })
      createHost(bench)(75)
      for (const lacking of [false, true]) bench.say(wanted(lacking))
      bench.pass(280)
      for (const link of [3, 4]) bench.say({ type: 'link-ended', link, code: 'channel-closed', cut: false })
      const lines = bench.pass(40)
      expect(lines).toContain('dial')
      expect(lines).not.toContain('close')
    })

    it('[W6] of a stream that is not stuck they keep their places', () => {
      const bench = createSeeker(['bob', 'carol', 'dave'], { config: { maxCandidates: 4 } })
      for (const [index, name] of (['alice', 'bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
      bench.say({ type: 'heard', stream: STREAM, peer: key('erin'), arrived: false })
      for (const link of [2, 3, 4]) bench.say({ type: 'link-ended', link, code: 'channel-closed', cut: false })
      expect(bench.pass(0.5)).not.toContain('erin')
    })

    it('after sleep it counts anew', () => {
      const bench = createStuck(['heidi'])
      bench.say({ type: 'woke' })
      for (const link of [1, 2, 3, 4, 5, 6]) bench.say({ type: 'link-serves', link, stream: STREAM, serving: true })
      expect(bench.pass(239)).not.toContain('dial')
      expect(bench.pass(80)).toContain('dial heidi')
    })
  })

  it('[W29] [W8] the last place is for a stream without any link, however long another one has lacked rows', () => {
    const bench = createSeeker(['bob', 'carol', 'dave'], { online: false, config: { maxBegun: 4 } })
    bench.pass(5)
    for (const [index, name] of (['bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
    bench.say({ type: 'wanted', stream: streamNo(2), author: null, lacking: true })
    bench.pass(100)
    bench.say({ type: 'heard', stream: STREAM, peer: key('erin'), arrived: false })
    expect(bench.pass(10)).not.toMatch(/dial|close/)
    bench.say({ type: 'heard', stream: streamNo(2), peer: key('frank'), arrived: false })
    expect(bench.pass(2)).toContain('dial frank by rendezvous for stream 2')
  })

  it('[W29] the time in which nobody could give anything does not count: asleep, or without the server', () => {
    const bench = createSeeker(['bob', 'carol', 'dave', 'erin'], { online: false })
    bench.pass(5)
    for (const [index, name] of (['bob', 'carol', 'dave'] as const).entries()) bench.link(index + 1, name, true)
    for (const news of [{ type: 'woke' }, { type: 'server', there: true }] as const) {
      bench.pass(50)
      bench.say(news)
      for (const link of [1, 2, 3]) bench.say({ type: 'link-serves', link, stream: STREAM, serving: true })
    }
    bench.say({ type: 'heard', stream: STREAM, peer: key('erin'), arrived: false })
    expect(bench.pass(59)).not.toContain('dial')
    expect(bench.pass(2)).toContain('dial erin')
  })

  it('[W3] who is linked is asked before anybody else is dialled', () => {
    const bench = createBench({ config: { linksPerStream: 1 } })
    bench.say({ type: 'server', there: true })
    bench.link(7, 'bob')
    bench.pass(60)
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: false })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [key('carol'), key('bob')] })
    bench.pass(4.5)
    expect(bench.pass(1)).toBe('ask link 7 for stream 1')
    bench.say({ type: 'link-serves', link: 7, stream: STREAM, serving: true })
    expect(bench.pass(9)).toBe('remember stream 1: bob')
  })

  it('[W3] who is good for several streams is dialled before who is good for one', () => {
    const bench = createBench({ config: { linksPerStream: 1 } })
    bench.say({ type: 'server', there: true })
    for (const [n, members] of [[1, ['bob', 'carol']], [2, ['dave', 'carol']], [3, ['erin', 'carol']]] as const) {
      bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      bench.say({ type: 'listed', stream: streamNo(n), publisher: null, members: members.map(key) })
    }
    // One link may do for all three.
    expect(bench.pass(5)).toBe('dial carol by rendezvous for stream 1')
  })

  it('[W3] one that denied may be fetching the stream: it is asked again with pauses that grow, and dialled for it no sooner', () => {
    const bench = createSeeker([], { config: { linksPerStream: 1, list: { firstMs: 1e9, longestMs: 1e9 }, lackingMs: 1e9 } })
    bench.pass(10)
    bench.link(1, 'alice', false)
    bench.say(traffic(1, { follows: 1 }))
    const asked: number[] = []
    for (let second = 0; second < 400; second++) {
      if (bench.pass(1) !== 'ask link 1 for stream 1') continue
      asked.push(second)
      bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: false })
    }
    const pauses = asked.map((at, index) => at - (asked[index - 1] ?? 0))
    for (const [index, least] of [10, 20, 40, 80].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 1)
      expect(pauses[index]).toBeLessThanOrEqual(least * 1.5 + 1)
    }
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: true })
    expect(bench.swarm.view().links[0]?.serves).toEqual([STREAM])
  })

  it('[W4] of those that are good for as many streams, who has brought pages and answers fast comes first, who failed last', () => {
    const bench = createBench({ config: { linksPerStream: 1 } })
    bench.say({ type: 'server', there: true })
    for (const [link, name, pages, rttMs] of [[1, 'bob', 0, 10], [2, 'carol', 50, 10], [3, 'dave', 50, 900]] as const) {
      bench.link(link, name)
      bench.pass(1)
      bench.say(traffic(link, { bytesIn: 1e6, pagesGood: pages, rttMs }))
      bench.say({ type: 'link-ended', link, code: 'idle', cut: false })
    }
    bench.say({ type: 'dial-failed', peer: key('erin'), trouble: 'mute' })
    bench.pass(10)
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: true })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: (['erin', 'bob', 'dave', 'carol'] as const).map(key) })
    const order: string[] = []
    for (const name of ['carol', 'dave', 'bob', 'erin'] as const) {
      order.push(bench.pass(1))
      bench.say({ type: 'dial-failed', peer: key(name), trouble: 'lapsed' })
    }
    expect(order.join('\n')).toMatchInlineSnapshot(`
      "dial carol by rendezvous for stream 1
      dial dave by rendezvous for stream 1
      dial bob by rendezvous for stream 1
      dial erin by rendezvous for stream 1"
    `)
  })

  it('[W4] liking fades: after an hour of nothing fifty pages count less than one', () => {
    const bench = createBench()
    bench.link(1, 'bob')
    bench.pass(1)
    bench.say(traffic(1, { bytesIn: 10, pagesGood: 50 }))
    const score = (): number => bench.swarm.view().links[0]?.score ?? 0
    expect(score()).toBeGreaterThan(5)
    bench.pass(3600)
    expect(score()).toBeLessThan(1)
  })

  it('[W4] a bad page and a cut weigh more than what sixty good pages bring', () => {
    const bench = createBench()
    bench.link(1, 'bob')
    bench.pass(1)
    bench.say(traffic(1, { bytesIn: 10, pagesGood: 60, pagesBad: 1 }))
    expect(bench.swarm.view().links[0]?.score).toBeLessThan(0.5)
  })
})

describe('the list', () => {
  it('[W5] the server is asked a moment after a stream is wanted, and again with growing pauses while links are missing', () => {
    const bench = createBench()
    bench.say({ type: 'server', there: true })
    bench.say(wanted(false))
    const asked: number[] = []
    for (let half = 0; half < 3000; half++) if (bench.pass(0.5) !== '') asked.push(half / 2)
    expect(asked[0]).toBeLessThanOrEqual(5.5)
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
    for (const [index, ms] of [10, 20, 40, 80, 160, 300, 300].entries()) {
      if (pauses[index] === undefined) continue
      expect(pauses[index]).toBeGreaterThanOrEqual(ms * 0.75)
      expect(pauses[index]).toBeLessThanOrEqual(ms * 1.25 + 1)
    }
    expect(pauses.length).toBeGreaterThanOrEqual(6)
  })

  it('[W5] for a stream that lacks rows, at least once in 75 s', () => {
    const bench = createBench()
    bench.say({ type: 'server', there: true })
    bench.say({ type: 'wanted', stream: STREAM, author: key('alice'), lacking: true })
    bench.pass(600)
    let longest = 0
    for (let quiet = 0, second = 0; second < 600; second++) {
      quiet = bench.pass(1) === '' ? quiet + 1 : 0
      longest = Math.max(longest, quiet)
    }
    expect(longest).toBeLessThanOrEqual(76)
  })

  it('[W5] nothing is asked of a server that is not there, nor when every stream has its links', () => {
    const bench = createSeeker(['bob', 'carol'])
    bench.pass(5)
    for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) bench.link(index + 1, name, true)
    bench.say(wanted(false))
    bench.pass(10)
    expect(bench.pass(900)).not.toMatch(/ask|dial/)
    const offline = createBench()
    offline.say({ type: 'wanted', stream: STREAM, author: key('alice'), lacking: true })
    expect(offline.pass(900)).toBe('')
  })

  it('[W5] a thousand streams are not asked for at once: at most 8 in half a second', () => {
    const bench = createBench()
    bench.say({ type: 'server', there: true })
    for (let n = 0; n < 1_000; n++) bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
    const asked = new Set<StreamId>()
    for (let tick = 0; tick < 400; tick++) {
      const before = bench.effects.length
      bench.pass(0.5)
      const now = bench.effects.slice(before).flatMap((effect) => (effect.type === 'ask-peers' ? [effect.stream] : []))
      expect(now.length).toBeLessThanOrEqual(SWARM_DEFAULTS.maxListsAsked)
      for (const stream of now) asked.add(stream)
    }
    expect(asked.size).toBe(1_000)
  })

  it('[W6] a crowd in a topic costs a bounded list, and pushes out neither the publisher nor who was there before', () => {
    const bench = createSeeker(['bob'], { config: { linksPerStream: 100, maxBegun: 100, maxDials: 100 } })
    for (let n = 0; n < 10_000; n++) bench.say({ type: 'heard', stream: STREAM, peer: numbered(n), arrived: true })
    const dialled = bench.pass(1).split('\n')
    expect(dialled).toHaveLength(SWARM_DEFAULTS.maxCandidates)
    expect(dialled[0]).toBe('dial alice by rendezvous for stream 1')
    expect(dialled).toContain('dial bob by rendezvous for stream 1')
  })

  it('[W6] a list full of peers that are of no use makes room for those that are named next', () => {
    const bench = createSeeker([], { online: false })
    const crowd = Array.from({ length: MAX_LISTED_PEERS }, (_, n) => numbered(n))
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: crowd })
    for (let second = 0; second < 40; second++) {
      for (const { peer } of bench.swarm.view().dialling) bench.say({ type: 'dial-failed', peer, trouble: 'mute' })
      bench.pass(1)
    }
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [key('bob'), ...crowd.slice(1)] })
    expect(bench.pass(30)).toContain('dial bob by rendezvous')
  })

  it.each([['over links that stay', true], ['and hang up', false]])('[W6] a list full of peers that say no, %s, keeps nobody out', (_, stays) => {
    const bench = createSeeker([], { online: false })
    const say = (members: readonly number[]): void => {
      bench.say({ type: 'listed', stream: STREAM, publisher: null, members: members.map(numbered) })
    }
    const crowd = Array.from({ length: SWARM_DEFAULTS.maxCandidates }, (_, n) => n)
    say(crowd)
    for (let second = 0, link = 0; second < 60; second++) {
      for (const { peer } of bench.swarm.view().dialling) {
        bench.say({ type: 'link-ready', link: ++link, peer, via: 'rendezvous' })
        bench.say({ type: 'link-serves', link, stream: STREAM, serving: false })
        if (!stays) bench.say({ type: 'link-ended', link, code: 'idle', cut: false })
      }
      bench.pass(1)
    }
    say([77, ...crowd])
    expect(bench.pass(30)).toContain('dial 77 by rendezvous')
  })

  it('[W6] who has served the stream keeps its place in a crowd, though it is away', () => {
    const bench = createSeeker([], { online: false, known: [{ stream: STREAM, peers: [{ peer: key('bob'), at: 1 }] }] })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: Array.from({ length: MAX_LISTED_PEERS }, (_, n) => numbered(n)) })
    bench.say({ type: 'peer-server', there: true })
    bench.say({ type: 'server', there: false })
    expect(bench.pass(6)).toContain('dial bob by peerjs')
  })

  it('[W6] who is no longer in a whole list is not dialled; a full list leaves out nobody', () => {
    const bench = createSeeker(['bob'])
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [key('carol')] })
    expect(bench.pass(4.5)).toBe('dial carol by rendezvous for stream 1')
    const crowded = createSeeker(['bob'], { online: false })
    const members = Array.from({ length: MAX_LISTED_PEERS }, (_, n) => numbered(n))
    crowded.say({ type: 'listed', stream: STREAM, publisher: null, members })
    expect(crowded.pass(4.5)).toContain('dial bob by rendezvous for stream 1')
  })

  it('[W6] who is not in the topic when it is looked for is not looked for again until it is heard of', () => {
    const bench = createSeeker([])
    expect(bench.pass(4.5)).toBe('dial alice by rendezvous for stream 1')
    bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'absent' })
    expect(bench.pass(60)).not.toContain('dial')
    bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
    expect(bench.pass(1)).toBe('dial alice by rendezvous for stream 1')
  })
})

describe('pauses', () => {
  const dialsOf = (bench: Bench, name: Name, seconds: number, fail: () => void): readonly number[] => {
    const at: number[] = []
    for (let half = 0; half < seconds * 2; half++) {
      if (!bench.pass(0.5).includes(`dial ${name}`)) continue
      at.push(half / 2)
      fail()
    }
    return at
  }

  it('[W10] a peer that says nothing is dialled again after 1 s, then twice as long each time, at most 3 minutes: never never', () => {
    const bench = createSeeker([])
    const at = dialsOf(bench, 'alice', 3600, () => bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' }))
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    for (const [index, ms] of [1, 2, 4, 8, 16, 32, 64, 120, 120, 120].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(ms)
      expect(pauses[index]).toBeLessThanOrEqual(ms * 1.5 + 0.5)
    }
    expect(Math.max(...pauses)).toBeLessThanOrEqual(180.5)
  })

  it('[W10] two nodes that fail together do not come back together', () => {
    const times = Array.from({ length: 20 }, (_, seed) => {
      const bench = createSeeker([], { seed })
      return dialsOf(bench, 'alice', 200, () => bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' })).at(-1)
    })
    expect(new Set(times).size).toBeGreaterThan(10)
  })

  it('[W10] a link that lasted a minute makes earlier ends forgotten; one that breaks at once does not', () => {
    const bench = createSeeker([])
    let link = 1
    const lasting = (seconds: number): number => {
      let waited = 0
      while (!bench.pass(0.5).includes('dial alice')) waited += 0.5
      bench.link(link, 'alice', true)
      bench.pass(seconds)
      bench.say({ type: 'link-ended', link: link++, code: 'channel-closed', cut: false })
      return waited
    }
    const pauses = [1, 1, 1, 1, 1, 61, 1].map(lasting)
    expect(pauses[5]).toBeGreaterThanOrEqual(15)
    expect(pauses[6]).toBeLessThanOrEqual(2)
  })

  it('[W10] a peer without room is left alone for half a minute at least, and no link that nobody needed speaks against anyone', () => {
    const bench = createSeeker([])
    bench.pass(4.5)
    bench.link(1, 'alice')
    bench.say({ type: 'link-ended', link: 1, code: 'busy', cut: false })
    expect(bench.pass(29)).not.toContain('dial')
    expect(bench.pass(17)).toContain('dial alice')
    bench.link(2, 'alice')
    bench.say({ type: 'link-ended', link: 2, code: 'idle', cut: false })
    expect(bench.pass(0.5)).toContain('dial alice')
  })

  it('[L18] [W10] a peer that was cut is avoided for 10 s, and not dialled for a minute', () => {
    const bench = createSeeker([])
    bench.pass(4.5)
    bench.link(1, 'alice', true)
    bench.say({ type: 'link-ended', link: 1, code: 'bad-page', cut: true })
    expect(bench.swarm.avoids(key('alice'))).toBe(true)
    bench.pass(9.5)
    expect(bench.swarm.avoids(key('alice'))).toBe(true)
    bench.pass(0.5)
    expect(bench.swarm.avoids(key('alice'))).toBe(false)
    const before = bench.effects.length
    bench.pass(49.5)
    expect(bench.effects.slice(before).filter(({ type }) => type === 'dial')).toEqual([])
    expect(bench.pass(31)).toContain('dial alice')
  })

  it('[L18] [W10] so is one that was cut before it was proved: under a false key, or with another behind it', () => {
    const bench = createSeeker([])
    expect(bench.pass(4.5)).toContain('dial alice')
    bench.say({ type: 'unproved', peer: key('alice'), code: 'impostor', cut: true })
    expect(bench.swarm.avoids(key('alice'))).toBe(true)
    expect(bench.swarm.view().dialling).toEqual([])
    expect(bench.pass(59)).not.toContain('dial')
    expect(bench.pass(40)).toContain('dial alice')
    bench.say({ type: 'unproved', peer: key('alice'), code: 'channel-closed', cut: false })
    expect(bench.swarm.avoids(key('alice'))).toBe(false)
  })

  it('[L27] who agreed to meet and did not come is avoided; a link makes that forgotten', () => {
    const bench = createSeeker([])
    bench.pass(4.5)
    bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'lapsed' })
    expect(bench.swarm.avoids(key('alice'))).toBe(true)
    bench.link(1, 'alice')
    expect(bench.swarm.avoids(key('alice'))).toBe(false)
  })

  it('[W10] a trouble of whoever introduces is no fault of the peer: three seconds later it is dialled', () => {
    const bench = createSeeker([])
    bench.pass(4.5)
    for (let times = 0; times < 10; times++) bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'no-way' })
    bench.say({ type: 'heard', stream: STREAM, peer: key('bob'), arrived: false })
    // Nobody else waits for that.
    expect(bench.pass(2.5)).toBe('dial bob by rendezvous for stream 1')
    expect(bench.pass(0.5)).toContain('dial alice')
    expect(bench.swarm.avoids(key('alice'))).toBe(false)
  })
})

describe('links that are there', () => {
  it('[W11] a link is closed when nothing wanted is confirmed over it, nobody follows over it, and it carried nothing for two minutes', () => {
    const bench = createSeeker([])
    bench.link(1, 'alice', true)
    bench.link(2, 'bob')
    bench.link(3, 'carol')
    bench.link(4, 'dave')
    let bytesIn = 0
    const lines: string[] = []
    for (let second = 0; second < 300; second += 2) {
      bytesIn += 2_000
      bench.say(traffic(2, { follows: 1 }))
      bench.say(traffic(3, { bytesIn: second < 100 ? bytesIn : 100_000 }))
      const did = bench.pass(2)
      if (did.includes('close')) lines.push(`${second}: ${did.split('\n').filter((line) => line.startsWith('close')).join()}`)
    }
    expect(lines).toEqual(['118: close link 4 (idle)', '216: close link 3 (idle)'])
  })

  it('[W11] a link that is being closed counts for no stream, and is not closed twice', () => {
    const bench = createSeeker([], { config: { linksPerStream: 1 } })
    bench.link(1, 'alice', true)
    bench.say({ type: 'unwanted', stream: STREAM })
    const did = bench.pass(300)
    expect(did.match(/close link 1/g)).toHaveLength(1)
    bench.say(wanted(false))
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: true })
    expect(bench.swarm.view().links[0]?.serves).toEqual([])
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [key('bob')] })
    expect(bench.pass(5)).toContain('dial bob')
  })

  it('[W19] what a link’s peer says it serves is seen, also of streams that are not looked for, and what it says no more is not', () => {
    const bench = createBench()
    bench.link(1, 'bob', true)
    expect(bench.swarm.view().links[0]?.serves).toEqual([STREAM])
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: false })
    expect(bench.swarm.view().links[0]?.serves).toEqual([])
  })

  it('[W12] of two links to one peer the node with the smaller key closes, after a minute, the one that carried less', () => {
    const smaller = createBench({ self: 'a'.repeat(64) as typeof SELF_KEY })
    const larger = createBench({ self: 'f'.repeat(64) as typeof SELF_KEY })
    for (const bench of [smaller, larger]) {
      bench.link(1, 'bob')
      bench.link(2, 'bob')
      bench.say(traffic(1, { bytesIn: 10, follows: 1 }))
      bench.say(traffic(2, { bytesIn: 20, follows: 1 }))
      expect(bench.pass(59)).toBe('')
    }
    expect(smaller.pass(100)).toBe('close link 1 (twice)')
    expect(larger.pass(100)).toBe('')
  })
})

const SELF_KEY = key('alice')

describe('when everybody comes back at once', () => {
  const wake = (bench: Bench): string => bench.say({ type: 'woke' })

  it('[W13] after sleep links are asked for a sign; what gives none in 8 s is closed, and another dialled', () => {
    const bench = createSeeker(['bob', 'carol'])
    bench.pass(5)
    for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) bench.link(index + 1, name, true)
    bench.pass(30)
    expect(wake(bench)).toBe('ask link 1 for stream 1\nask link 2 for stream 1\nask link 3 for stream 1')
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: true })
    bench.say(traffic(2, { bytesIn: 300 }))
    expect(bench.pass(7.5)).toBe('')
    const did = bench.pass(0.5)
    expect(did).toContain('close link 3 (lost)')
    expect(did).not.toMatch(/close link [12]/)
  })

  it('[W13] a link over which pages still leave is not taken for dead', () => {
    const bench = createSeeker([])
    bench.pass(5)
    bench.link(1, 'alice', true)
    bench.pass(30)
    wake(bench)
    let bytesOut = 0
    for (let second = 0; second < 30; second += 2) {
      bytesOut += 2_000
      bench.say(traffic(1, { bytesOut }))
      expect(bench.pass(2)).not.toContain('close')
    }
    expect(bench.pass(6)).toContain('close link 1 (lost)')
  })

  it('[W22] whom the server sees no more has to give a sign over its links; one that lost only the server keeps them', () => {
    const bench = createSeeker(['bob'])
    bench.pass(5)
    for (const [index, name] of (['alice', 'bob'] as const).entries()) bench.link(index + 1, name, true)
    bench.pass(60)
    expect(bench.say({ type: 'departed', peer: key('alice') })).toBe('ask link 1 for stream 1')
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: true })
    expect(bench.pass(30)).not.toContain('close')
    bench.say({ type: 'departed', peer: key('alice') })
    expect(bench.pass(7)).not.toContain('close')
    expect(bench.pass(2)).toContain('close link 1 (lost)')
  })

  it('[W13] a pause of 15 s between two ticks was sleep', () => {
    const bench = createSeeker([])
    bench.pass(5)
    bench.link(1, 'alice', true)
    bench.pass(20)
    const tick = (seconds: number): string =>
      bench.swarm.step({ type: 'tick', now: bench.now() + seconds * 1000 }).map(({ type }) => type).join()
    expect(tick(14)).not.toContain('ask-serves')
    expect(tick(14 + 15)).toContain('ask-serves')
  })

  it('[W13] back-off of before does not count, and nobody begins at once: each within 4 s at a moment of its own', () => {
    const firsts = Array.from({ length: 200 }, (_, seed) => {
      const bench = createSeeker([], { seed })
      bench.pass(5)
      for (let times = 0; times < 8; times++) bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'lapsed' })
      expect(bench.pass(4)).not.toContain('dial')
      wake(bench)
      let half = 0
      while (!bench.pass(0.5).includes('dial alice')) half++
      return half
    })
    expect(Math.max(...firsts)).toBeLessThanOrEqual(8)
    for (let half = 0; half < 8; half++) expect(firsts.filter((first) => first === half).length).toBeLessThan(50)
  })

  it('[W14] when the server is back, everybody asks and dials at a moment of its own, and only whom it names anew', () => {
    const firsts = Array.from({ length: 200 }, (_, seed) => {
      const bench = createSeeker([], { seed })
      bench.pass(5)
      bench.say({ type: 'server', there: false })
      expect(bench.pass(30)).toBe('')
      bench.say({ type: 'server', there: true })
      let half = 0
      for (let did = bench.pass(0.5); did === ''; did = bench.pass(0.5)) half++
      expect(bench.effects.at(-1)).toMatchObject({ type: 'ask-peers' })
      return half
    })
    expect(Math.max(...firsts)).toBeLessThanOrEqual(12)
    for (let half = 0; half < 12; half++) expect(firsts.filter((first) => first === half).length).toBeLessThan(50)
  })

  it('[W14] a data process that was started anew has no links: they are looked for again', () => {
    const bench = createSeeker(['bob', 'carol'])
    bench.pass(5)
    for (const [index, name] of (['alice', 'bob', 'carol'] as const).entries()) bench.link(index + 1, name, true)
    bench.pass(20)
    bench.say({ type: 'links-lost' })
    expect(bench.swarm.view().links).toEqual([])
    expect(bench.pass(5).match(/dial/g)).toHaveLength(3)
  })

  it('[W15] a peer that has come back is dialled within 5 s, and its old link has to give a sign', () => {
    const bench = createSeeker([])
    bench.pass(5)
    bench.link(1, 'alice', true)
    expect(bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: false })).toBe('')
    expect(bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })).toBe('ask link 1 for stream 1')
    expect(bench.pass(8)).toContain('close link 1 (lost)')
    bench.say({ type: 'link-ended', link: 1, code: 'lost', cut: false })
    for (let times = 0; times < 8; times++) bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' })
    bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
    expect(bench.pass(5)).toContain('dial alice')
  })

  it('[W15] those who have lost a publisher do not all come to it in the same moment when it is back', () => {
    const seconds = Array.from({ length: 40 }, (_, seed) => {
      const bench = createSeeker([], { seed })
      bench.pass(5)
      for (let times = 0; times < 8; times++) bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' })
      bench.say({ type: 'heard', stream: STREAM, peer: key('alice'), arrived: true })
      for (let second = 0; second < 10; second++) if (bench.pass(1).includes('dial alice')) return second
      return null
    })
    for (const second of [0, 1, 2, 3, 4]) expect(seconds.filter((one) => one === second).length).toBeGreaterThan(2)
    expect(seconds).not.toContain(null)
  })

  it('a clock that is set back an hour stops nothing', () => {
    const bench = createSeeker([])
    bench.pass(4.5)
    bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' })
    const at = bench.now() - 3_600_000
    const did = Array.from({ length: 10 }, (_, half) => bench.swarm.step({ type: 'tick', now: at + half * 500 })).flat()
    expect(did).toMatchObject([{ type: 'dial', peer: key('alice') }])
  })
})

describe('without the server', () => {
  const known = [{ stream: STREAM, peers: [{ peer: key('bob'), at: 1 }, { peer: key('alice'), at: 2 }] }]
  const reload = (hasPeerServer: boolean): Bench => {
    const bench = createBench({ known })
    bench.say({ type: 'peer-server', there: hasPeerServer })
    bench.say(wanted(false))
    return bench
  }

  it('[W16] after a reload known peers are dialled by node id once the server is not there for 5 s', () => {
    const bench = reload(true)
    expect(bench.pass(4.5)).toBe('')
    expect(bench.pass(1)).toBe('dial alice by peerjs for stream 1\ndial bob by peerjs for stream 1')
  })

  it('[W16] not without a PeerServer, and not while the server is there', () => {
    expect(reload(false).pass(60)).toBe('')
    const bench = reload(true)
    bench.say({ type: 'server', there: true })
    bench.say({ type: 'link-ready', link: 1, peer: key('carol'), via: 'rendezvous' })
    bench.say({ type: 'link-serves', link: 1, stream: STREAM, serving: true })
    expect(bench.pass(60)).not.toContain('peerjs')
  })

  it('[W16] a peer that has two meetings in vain is dialled by node id, then the rendezvous gets its turn again', () => {
    const bench = createSeeker([])
    bench.say({ type: 'peer-server', there: true })
    const ways: string[] = []
    for (let half = 0; half < 200 && ways.length < 6; half++) {
      const did = /dial alice by (\w+)/.exec(bench.pass(0.5))?.[1]
      if (did === undefined) continue
      ways.push(did)
      bench.say({ type: 'dial-failed', peer: key('alice'), trouble: 'mute' })
    }
    expect(ways).toEqual(['rendezvous', 'rendezvous', 'peerjs', 'rendezvous', 'peerjs', 'rendezvous'])
  })

  it('[W16] a known peer that the server does not see is dialled by node id for a stream without any link', () => {
    const bench = reload(true)
    bench.say({ type: 'server', there: true })
    bench.say({ type: 'listed', stream: STREAM, publisher: null, members: [] })
    expect(bench.pass(5)).toContain('dial bob by peerjs')
  })

  it('[W17] four peers of each stream that confirmed it are kept in mind, of 48 streams; said at most every 10 s', () => {
    const bench = createBench()
    for (let n = 0; n < 200; n++) bench.say({ type: 'wanted', stream: streamNo(n), author: null, lacking: false })
    for (let link = 0; link < 8; link++) {
      bench.say({ type: 'link-ready', link, peer: numbered(link), via: 'rendezvous' })
      for (let n = 0; n < 200; n++) bench.say({ type: 'link-serves', link, stream: streamNo(n), serving: true })
    }
    bench.pass(10)
    const kept = bench.effects.flatMap((effect) => (effect.type === 'remember' ? [effect.known] : []))
    expect(kept).toHaveLength(1)
    expect(kept[0]).toHaveLength(48)
    expect(kept[0]?.at(-1)).toEqual({ stream: streamNo(47), peers: [0, 1, 2, 3].map((n) => ({ peer: numbered(n), at: bench.now() - 10_000 })) })
    bench.say({ type: 'unwanted', stream: streamNo(47) })
    expect(bench.pass(9.5)).toBe('')
    expect(bench.pass(1)).toContain('remember')
    expect(JSON.stringify(bench.effects.at(-1))).not.toContain(streamNo(47))
  })

  it('[W17] a crowd that confirms pushes out nobody who was seen in the last ten minutes; who is linked is seen', () => {
    const bench = createBench({ known })
    bench.say({ type: 'wanted', stream: STREAM, author: null, lacking: false })
    const confirm = (n: number): void => {
      bench.say({ type: 'link-ready', link: n, peer: numbered(n), via: 'rendezvous' })
      bench.say({ type: 'link-serves', link: n, stream: STREAM, serving: true })
    }
    const keptPeers = () => bench.effects.flatMap((effect) => (effect.type === 'remember' ? [effect.known] : [])).at(-1)?.[0]?.peers.map(({ peer }) => peer)
    for (const n of [1, 2]) confirm(n)
    bench.pass(590)
    for (let n = 100; n < 150; n++) {
      confirm(n)
      bench.say({ type: 'link-ended', link: n, code: 'idle', cut: false })
    }
    bench.pass(11)
    expect(keptPeers()).toEqual(expect.arrayContaining([numbered(1), numbered(2)]))
    bench.pass(700)
    for (let n = 200; n < 250; n++) confirm(n)
    bench.pass(11)
    expect(keptPeers()).toEqual(expect.arrayContaining([numbered(1), numbered(2)]))
    expect(keptPeers()).toHaveLength(4)
  })
})
