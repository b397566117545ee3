import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fail, ok, type Result } from '../../../../src/base/result.ts'
import { openNode, type NodeState } from '../../../../src/neuron/page/open-node.ts'
import type { RunningNode, startNode } from '../../../../src/neuron/page/start-node.ts'
import type { NeuronCommands } from '../../../../src/neuron/snapshot.ts'
import type { takeLeadership } from '../../../../src/runtime/page/leadership.ts'
import { settle } from '../../../support/pipes.ts'

const page = vi.hoisted(() => ({
  lose: (): void => undefined,
  crash: (_what: string, _message: string): void => undefined,
  started: (_node: unknown): void => undefined,
}))

vi.mock('../../../../src/runtime/page/leadership.ts', () => ({
  takeLeadership: (async (_profile, { onLost }) => {
    page.lose = onLost
    return true
  }) satisfies typeof takeLeadership,
}))
vi.mock('../../../../src/runtime/page/requirements.ts', () => ({ missingRequirements: async () => [] }))
vi.mock('../../../../src/runtime/page/remembered-pause.ts', () => ({
  rememberPause: () => ({ wasPaused: false, remembering: (neuron: NeuronCommands) => neuron }),
}))
vi.mock('../../../../src/neuron/page/start-node.ts', () => ({
  startNode: ((_settings, onCrash) => {
    page.crash = onCrash
    return new Promise<Result<RunningNode>>((resolve) => {
      page.started = resolve as (node: unknown) => void
    })
  }) satisfies typeof startNode,
}))

describe('a tab that is taken over', () => {
  beforeEach(() => {
    vi.stubGlobal('localStorage', { getItem: () => null })
    return () => {
      vi.unstubAllGlobals()
    }
  })

  const open = async () => {
    const states: NodeState['is'][] = []
    const stop = vi.fn()
    const opening = openNode({
      profile: 'p',
      version: '1',
      baseUrl: 'http://localhost/',
      peerServerUrl: null,
      steal: false,
      onState: ({ is }) => void states.push(is),
    })
    await settle()
    const start = async (node: Result<{ neuron: object; stop: () => void }> = ok({ neuron: {}, stop })): Promise<void> => {
      page.started(node)
      await opening
    }
    return { states, stop, start }
  }

  it('while its workers are starting stops them as soon as they have, and never is a second node', async () => {
    const { states, stop, start } = await open()
    page.lose()
    await start()
    expect(stop).toHaveBeenCalledOnce()
    expect(states).toEqual(['elsewhere'])
  })

  it('says no more, whatever becomes of the workers', async () => {
    const { states, start } = await open()
    page.lose()
    page.crash('The data worker', 'gone')
    await start(fail('no-answer', 'The neuron worker did not start.'))
    expect(states).toEqual(['elsewhere'])
  })

  it('later stops the node that runs', async () => {
    const { states, stop, start } = await open()
    await start()
    expect(stop).not.toHaveBeenCalled()
    page.lose()
    expect(stop).toHaveBeenCalledOnce()
    expect(states).toEqual(['running', 'elsewhere'])
  })
})
