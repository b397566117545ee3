import '../../src/runtime/page/trusted-types.ts'
import type { Household, NeuronCommands } from '../../src/neuron/snapshot.ts'
import { mountApp } from '../../src/ui/app.ts'
import { keptChoices } from '../../src/ui/choices.ts'
import { mountNotice } from '../../src/ui/notice.ts'
import { speak } from '../../src/ui/words/language.ts'
import { createFakeNeuron, type FakeScene } from './fake-neuron.ts'
import { FAKE_NOW } from './fake-streams.ts'

// The window over a node that is none: `?scene=` says in which state, `&deaf` that nothing it is asked is ever answered.

const given = new URLSearchParams(location.search)
const scene = given.get('scene') ?? 'full'
const root = document.querySelector<HTMLElement>('#app') ?? document.body

const never = (): Promise<never> => new Promise(() => undefined)

const deafened = (neuron: NeuronCommands): NeuronCommands => ({
  ...neuron, listing: never, stream: never, samples: never, series: never, predictedSeries: never, history: never, predictions: never,
})

const household: Household = {
  addresses: { server: '', peerServer: '', iceServers: '' },
  keepAddresses: async () => undefined,
  isBackedUp: false,
  backUp: async () => new Uint8Array(0),
  restore: async () => '',
  erase: async () => undefined,
}

const nothing = (): void => undefined

await speak(keptChoices().language)

if (scene === 'crashed') {
  mountNotice(root, { is: 'crashed', what: 'The data worker', message: 'It ended by itself three times within a minute.' }, { reload: nothing })
} else {
  const neuron = createFakeNeuron(scene as FakeScene)
  mountApp(root, { neuron: given.has('deaf') ? deafened(neuron) : neuron, household, reload: nothing, now: () => FAKE_NOW })
}
