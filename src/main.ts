import './runtime/page/trusted-types.ts' // first: nothing may ask for a worker before
import { openNode, type NodeState } from './neuron/page/open-node.ts'
import { watchIncoming } from './runtime/page/incoming-files.ts'
import { settingsOf } from './runtime/page/profile.ts'
import { afterStart, idleTurn, nextTurn } from './runtime/page/turns.ts'
import { watchUpdates } from './runtime/page/updates.ts'
import type { AppWindow } from './ui/open-window.ts'

const root = document.querySelector<HTMLElement>('#app') ?? document.body
let settled = (): void => undefined // the node has answered, or has failed to
const started = new Promise<void>((settle) => (settled = settle)).then(afterStart)
const onUpdate = import.meta.hot === undefined ? watchUpdates(started) : () => undefined // the development server makes no service worker

const show = (window: AppWindow, state: NodeState): void => {
  if (state.is !== 'running') return window.showNotice(state)
  state.neuron.snapshot().then(settled, settled)
  window.showNode(state, state.takeOver)
}

// The workers start while the window does: each in turns of its own, so that none keeps the page for long.
const opening = import('./ui/open-window.ts').then(({ openWindow }) =>
  openWindow(root, {
    ...{ nextTurn, idleTurn, reload: () => location.reload(), now: () => Date.now() },
    onMounted: (app) => {
      onUpdate((apply) => app.offerUpdate(apply))
      watchIncoming((file) => app.receive(file))
    },
  }))
const lost = (): void => {
  document.querySelector('#lost')?.removeAttribute('hidden') // what has come says that the window has not
  settled()
}
void opening.catch(lost)
const onState = (state: NodeState): void => void opening.then((window) => show(window, state), lost)
void started.then(() => opening).then((window) => window.loadPages(), lost)
openNode({ ...settingsOf(location.search), version: __APP_VERSION__, baseUrl: document.baseURI, onState }).catch((thrown: unknown) => {
  onState({ is: 'crashed', what: 'The node', message: String(thrown) })
})
