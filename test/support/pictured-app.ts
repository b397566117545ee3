import '../../src/runtime/page/trusted-types.ts'
import type { Household } from '../../src/neuron/household.ts'
import type { NeuronCommands } from '../../src/neuron/neuron-commands.ts'
import { mountApp } from '../../src/ui/app.ts'
import { keptChoices } from '../../src/ui/choices.ts'
import { mountNotice, type Notice } from '../../src/ui/notice.ts'
import { loadEveryPage } from '../../src/ui/pages.ts'
import { speak } from '../../src/ui/words/language.ts'
import { createFakeNeuron, type FakeScene } from './fake-neuron.ts'
import { FAKE_NOW } from './fake-streams.ts'

// The window over a node that is none: `?scene=` says in which state, `&deaf` that nothing it is asked is ever answered, `&watching` that the
// node runs in another tab, `&update` that a new version waits.

const root = document.querySelector<HTMLElement>('#app') ?? document.body

const nothing = (): void => undefined
const never = (): Promise<never> => new Promise(nothing)

const deafened = (neuron: NeuronCommands): NeuronCommands => ({
  ...neuron, listing: never, stream: never, samples: never, series: never, predictedSeries: never, history: never, predictions: never, prepareEnd: never,
})

const household: Household = {
  addresses: { server: '', peerServer: '', iceServers: '' },
  keepAddresses: async () => undefined,
  budget: null,
  budgets: [1, 5, 20, 100],
  isOverBudget: () => false,
  keepBudget: async () => undefined,
  isBackedUp: false,
  backUp: async () => new Uint8Array(0),
  restore: async () => '',
  erase: async () => undefined,
}

const NOTICES: ReadonlyMap<string, Notice> = new Map<string, Notice>([
  ['crashed', { is: 'crashed', what: 'The data worker', message: 'It ended by itself three times within a minute.' }],
  ['elsewhere', { is: 'elsewhere', otherVersion: false, takeOver: nothing }],
  ['other-version', { is: 'elsewhere', otherVersion: true, takeOver: nothing }],
  ['erased', { is: 'erased', others: 2 }],
  ['unsupported', { is: 'unsupported', missing: ['WebRTC', 'IndexedDB', 'Web Locks'] }],
])

/** As the address says. */
const show = (): void => {
  const given = new URLSearchParams(location.search)
  const scene = given.get('scene') ?? 'full'
  const notice = NOTICES.get(scene)
  if (notice !== undefined) {
    mountNotice(root, notice, { reload: nothing })
    return
  }
  const neuron = createFakeNeuron(scene as FakeScene)
  const owned: Household = scene === 'over-budget' ? { ...household, budget: 5, isOverBudget: () => true } : household
  const app = mountApp(root, { neuron: given.has('deaf') ? deafened(neuron) : neuron, household: owned, reload: nothing, now: () => FAKE_NOW, nextTurn: async () => undefined })
  if (given.has('watching')) app.runsElsewhere(nothing)
  if (given.has('update')) app.offerUpdate(nothing)
}

await speak(keptChoices().language)
show()
void loadEveryPage(async () => undefined) // as in a window that has been open for a while
Object.assign(globalThis, { showScene: show })
