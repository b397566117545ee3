import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What people with screen readers, weak eyes or no mouse would stumble over on the page as it is now: a line each. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  // By the debugger: the page's own policy lets no script in, and must not be loosened for a test.
  await page.evaluate(source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { readonly axe: { run(root: Document, options: object): Promise<AxeResults> } }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(' ')}: ${failureSummary ?? ''}`))
  })
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly target: readonly (string | readonly string[])[]; readonly failureSummary?: string }[]
  }[]
}
