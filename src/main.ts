import './runtime/page/trusted-types.ts' // first: nothing may ask for a worker before
import { openNode, type NodeState } from './neuron/page/open-node.ts'
import { settingsOf } from './runtime/page/profile.ts'
import { watchUpdates } from './runtime/page/updates.ts'
import { mountApp } from './ui/app.ts'
import { createConsoleHandle } from './ui/console-handle.ts'
import { mountNotice } from './ui/notice.ts'

const root = document.querySelector<HTMLElement>('#app') ?? document.body
const reload = (): void => location.reload()

const show = (state: NodeState): void => {
  if (state.is !== 'running') {
    mountNotice(root, state, { takeOver: () => open(true), reload })
    return
  }
  const { neuron, household } = state
  Object.assign(globalThis, { zazen: createConsoleHandle(neuron) })
  mountApp(root, { neuron, household, reload, now: () => Date.now(), onUpdateReady: watchUpdates })
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
