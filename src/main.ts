import './runtime/page/trusted-types.ts' // first: nothing may ask for a worker before
import { openNode, type NodeState } from './neuron/page/open-node.ts'
import { settingsOf } from './runtime/page/profile.ts'
import { watchUpdates } from './runtime/page/updates.ts'
import { mountApp } from './ui/app.ts'
import { createConsoleHandle } from './ui/console-handle.ts'
import { mountNotice } from './ui/notice.ts'

const root = document.querySelector<HTMLElement>('#app') ?? document.body
const advice = 'Use a current Chrome, Edge or Firefox, at an https address or on http://localhost.'

const show = (state: NodeState): void => {
  switch (state.is) {
    case 'running':
      Object.assign(globalThis, { zazen: createConsoleHandle(state.neuron) })
      mountApp(root, { neuron: state.neuron, now: () => Date.now(), onUpdateReady: watchUpdates })
      return
    case 'unsupported':
      mountNotice(root, { kind: 'unsupported', missing: state.missing, advice })
      return
    case 'elsewhere':
      mountNotice(root, { kind: 'elsewhere', takeOver: () => open(true) })
      return
    case 'crashed':
      mountNotice(root, { kind: 'crashed', what: state.what, message: state.message, reload: () => location.reload() })
  }
}

const open = (steal: boolean): Promise<void> =>
  openNode({
    ...settingsOf(location.search),
    version: __APP_VERSION__,
    baseUrl: document.baseURI,
    steal,
    onState: show,
  })

open(false).catch((thrown: unknown) => {
  show({ is: 'crashed', what: 'The node', message: String(thrown) })
})
