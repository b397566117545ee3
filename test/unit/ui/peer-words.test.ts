import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../src/neuron/snapshot.ts'
import { formatRtt, inOrder, namesOf, nobodyWords, scoreWords, someOf, wayWords } from '../../../src/ui/peer-words.ts'
import { createFakeNeuron, type FakeScene } from '../../support/fake-neuron.ts'
import { fakeStreams } from '../../support/fake-streams.ts'

const sceneOf = (scene: FakeScene): Promise<Snapshot> => createFakeNeuron(scene).snapshot()

describe('peers', () => {
  it('stand in the order in which they came, those who are still coming last', async () => {
    const { peers } = await sceneOf('full')
    const order = inOrder(peers).map(({ state, since }) => `${state} ${since.slice(11, 19)}`)
    expect(order).toEqual(['ready 10:28:20', 'ready 12:19:50', 'ready 12:29:56', 'connecting 12:29:58'])
    expect(inOrder(inOrder(peers))).toEqual(inOrder(peers))
  })

  it('nobody is there for a reason, and something makes somebody come', async () => {
    const words = async (scene: FakeScene): Promise<string> => nobodyWords(await sceneOf(scene)).slice(0, 40)
    expect([await words('empty'), await words('disconnected'), await words('paused')]).toEqual([
      'No peers yet. They come by themselves wh',
      'No peers now. The server, which introduc',
      'No peers now. Others who keep the same s',
    ])
  })

  it('are known by the streams they publish; a crowd of names is cut', () => {
    const [first, ...rest] = fakeStreams()
    const one = rest.map((stream) => ({ ...stream, publisher: 'p' }))
    const names = namesOf([...(first === undefined ? [] : [first]), ...one])
    expect(names.byPublisher.get('p')).toEqual(one)
    expect(names.byId.get(first?.id ?? '')).toBe(first)
    expect(someOf(one)).toEqual({ streams: one.slice(0, 3), more: one.length - 3 })
    expect(someOf(one.slice(0, 3)).more).toBe(0)
  })
})

describe('in words', () => {
  it('what is thought of a peer', () => {
    const words = (score: number, verifiedPages: number, rejectedPages = 0): string => scoreWords({ score, verifiedPages, rejectedPages })
    expect([words(0, 0), words(-0.5, 0), words(0.5, 1), words(1, 1), words(2.5, 0), words(6, 900), words(-1.5, 0), words(-5, 0)]).toEqual([
      'not known yet', 'not known yet', 'fair', 'good', 'good', 'very good', 'poor', 'bad',
    ])
    expect(words(9, 1000, 1)).toBe('bad')
  })

  it('a round trip that was not measured is not 0', () => {
    expect([null, 0, 0.4, 38.4].map(formatRtt)).toEqual(['–', 'below 1 ms', 'below 1 ms', '38 ms'])
  })
})

it('the way that data take is told where it is known', () => {
  expect([true, false, null].map(wayWords)).toEqual(['relayed (TURN)', 'direct', ''])
})
