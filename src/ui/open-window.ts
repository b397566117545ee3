import { msg } from '@lit/localize'
import { mountApp, type AppDeps, type MountedApp } from './app.ts'
import { keptChoices } from './choices.ts'
import { createConsoleHandle } from './console-handle.ts'
import type { Notice } from './notice.ts'
import { loadEveryPage, loadNotice } from './pages.ts'
import { speak } from './words/language.ts'

type ShownNode = Pick<AppDeps, 'neuron' | 'household'>

export interface WindowDeps extends Omit<AppDeps, keyof ShownNode> {
  /** Goes on when the page has nothing better to do. */
  readonly idleTurn: () => Promise<void>
  /** Is told of the app when it is there. */
  readonly onMounted: (app: MountedApp) => void
}

/** All that a person sees of the node. */
export interface AppWindow {
  /** `takeOver`: it runs in another tab and is only watched here; null: it runs here. */
  showNode(node: ShownNode, takeOver: (() => void) | null): void
  showNotice(notice: Notice): void
  /** The node has started: other pages are fetched before they are turned to. */
  loadPages(): Promise<void>
}

/** Takes the place of what `root` shows before any script has come. */
export const openWindow = async (root: HTMLElement, { onMounted, idleTurn, ...deps }: WindowDeps): Promise<AppWindow> => {
  await deps.nextTurn() // what runs when this file comes is a turn by itself
  // Without its words the window speaks English: offline, before they were kept.
  await speak(keptChoices().language).catch(() => undefined)
  let app: MountedApp | null = null
  let notice: Notice | null = null
  return {
    showNode: (node, takeOver) => {
      notice = null
      Object.assign(globalThis, { zazen: createConsoleHandle(node.neuron) })
      if (app === null) onMounted((app = mountApp(root, { ...node, ...deps })))
      app.runsElsewhere(takeOver)
    },
    showNotice: (next) => {
      app = null
      notice = next
      const unlessOther = (show: () => void) => (notice === next ? show() : undefined)
      loadNotice().then(
        ({ mountNotice }) => unlessOther(() => mountNotice(root, next, deps)),
        // Whatever it would have said, this is true.
        () => unlessOther(() => (root.textContent = `${msg('A part of this page could not be loaded')}. ${msg('Reload the page')}.`)),
      )
    },
    loadPages: () => loadEveryPage(idleTurn),
  }
}
