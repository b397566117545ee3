import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const WINDOW = 'src/ui/open-window.ts'

/**
 * The window's code comes by `import()`, so that it runs in a turn of its own, and is needed at once all the same: it is built as what
 * belongs to the first download, and the page names it beside its own script.
 */
export const windowEntryPlugin = (): Plugin => {
  let root = ''
  return {
    name: 'zazen:window-entry',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    buildStart() {
      this.emitFile({ type: 'chunk', id: resolve(root, WINDOW) })
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        Object.values(bundle).flatMap((file) =>
          file.type === 'chunk' && file.moduleIds.some((id) => id.endsWith(WINDOW))
            ? [file.fileName, ...file.imports].map((href) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${href}` }, injectTo: 'head' as const }))
            : []),
    },
  }
}
