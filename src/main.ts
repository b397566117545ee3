import './runtime/page/trusted-types.ts' // first: nothing may ask for a worker before
import { openNode, type NodeState } from './neuron/page/open-node.ts'
import { watchIncoming } from './runtime/page/incoming-files.ts'
import { settingsOf } from './runtime/page/profile.ts'
import { watchUpdates } from './runtime/page/updates.ts'
import { mountApp, type MountedApp } from './ui/app.ts'
import { keptChoices } from './ui/choices.ts'
import { createConsoleHandle } from './ui/console-handle.ts'
import { mountNotice } from './ui/notice.ts'
import { speak } from './ui/words/language.ts'

const root = document.querySelector<HTMLElement>('#app') ?? document.body
let settled = (): void => undefined // the node has answered, or has failed to
const onUpdate = import.meta.hot === undefined ? watchUpdates(new Promise<void>((settle) => (settled = settle))) : () => undefined // the development server makes no service worker
let app: MountedApp | null = null

const show = (state: NodeState): void => {
  if (state.is !== 'running') {
    app = null
    mountNotice(root, state, { reload: () => location.reload() })
    return
  }
  const { neuron, household } = state
  neuron.snapshot().then(settled, settled)
  Object.assign(globalThis, { zazen: createConsoleHandle(neuron) })
  app ??= meetApp(mountApp(root, { neuron, household, reload: () => location.reload(), now: () => Date.now() }))
  app.runsElsewhere(state.takeOver)
}

const meetApp = (mounted: MountedApp): MountedApp => {
  onUpdate((apply) => mounted.offerUpdate(apply))
  watchIncoming((file) => mounted.receive(file))
  return mounted
}

// Without its words the window speaks English: offline, before they were kept.
await speak(keptChoices().language).catch(() => undefined)
openNode({ ...settingsOf(location.search), version: __APP_VERSION__, baseUrl: document.baseURI, onState: show }).catch((thrown: unknown) => {
  show({ is: 'crashed', what: 'The node', message: String(thrown) })
})
