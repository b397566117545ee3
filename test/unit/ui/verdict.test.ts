import { describe, expect, it } from 'vitest'
import { isUsable, verdictOf, verdictText } from '../../../src/ui/verdict.ts'
import { createFakeNeuron, type FakeScene } from '../../support/fake-neuron.ts'

const sceneOf = async (scene: FakeScene) => createFakeNeuron(scene).snapshot()

describe('the verdict in one line', () => {
  it('says of each state what matters in it', async () => {
    const scenes = ['full', 'empty', 'starting', 'failed', 'disconnected', 'paused'] as const
    const lines = await Promise.all(scenes.map(async (scene) => `${scene}: ${verdictText(verdictOf(await sceneOf(scene)))}`))
    expect(lines).toMatchInlineSnapshot(`
      [
        "full: Predicting 5 streams · fetching 1 history · 3 peers · 3 not verified · 4 need attention",
        "empty: Ready, no streams yet · 0 peers",
        "starting: Ready, no streams yet · 0 peers · connecting to the server",
        "failed: Start-up stopped at “Open the histories kept here”",
        "disconnected: Predicting 5 streams · fetching 1 history · 0 peers · 3 not verified · 4 need attention · server not reached",
        "paused: Paused · 3 peers · 3 not verified · 3 need attention",
      ]
    `)
  })

  it('all is verified only when every row kept is', async () => {
    const snapshot = await sceneOf('full')
    const healthy = { ...snapshot, streams: snapshot.streams.filter((stream) => stream.verified && stream.transfer === null) }
    expect(verdictText(verdictOf(healthy))).toBe('Predicting 2 streams · 3 peers · all verified')
    expect(verdictOf(healthy).title).toBe('▲ 2 predicting')
  })

  it('a stream whose download rests is not predicted', async () => {
    const kept = (await sceneOf('full')).streams.filter((stream) => stream.verified && stream.transfer === null)
    const streams = kept.map((stream, i) => (i === 0 ? { ...stream, problem: { code: 'over-budget', message: '' } } : stream))
    expect(verdictText(verdictOf({ ...(await sceneOf('full')), streams }))).toContain('Predicting 1 stream ·')
  })

  it('its peers lead to the page about them, and what needs attention to where it is told', async () => {
    const { parts } = verdictOf(await sceneOf('full'))
    expect(parts.flatMap(({ text, href }) => (href === undefined ? [] : [`${text} ${href}`]))).toEqual(['3 peers #/peers', '4 need attention #/'])
  })

  it('a stream whose publisher lost rows needs attention as much as one with a problem', async () => {
    const snapshot = await sceneOf('full')
    const of = (name: string): string => verdictOf({ ...snapshot, streams: snapshot.streams.filter((stream) => stream.name === name) }).title
    expect(['Visitors of the museum', 'Bikes on the bridge', 'Noise at the crossing', 'Tide at the old harbour'].map(of)).toEqual([
      '! 1 needs attention',
      '! 1 needs attention',
      '! 1 needs attention',
      '▲ 1 predicting',
    ])
  })

  it('the title of a node without streams is the name alone', async () => {
    expect(verdictOf(await sceneOf('empty')).title).toBe('')
  })

  it('the circle closes as the histories wanted arrive', async () => {
    const snapshot = await sceneOf('full')
    const share = (rowsDone: number): number =>
      verdictOf({
        ...snapshot,
        streams: snapshot.streams
          .filter((stream) => stream.transfer?.phase === 'fetching')
          .map((stream) => ({ ...stream, transfer: stream.transfer === null ? null : { ...stream.transfer, rowsDone } })),
      }).share
    expect([0, 100_000, 200_000].map(share)).toEqual([0, 0.5, 1])
    expect(verdictOf(await sceneOf('empty')).share).toBe(1)
  })

  it('a node that only waits for its server can be used', async () => {
    expect([isUsable(await sceneOf('starting')), isUsable(await sceneOf('failed'))]).toEqual([true, false])
  })
})
