import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * What people with screen readers, weak eyes or no mouse would stumble over on the page as it is now: a line each. `only`: what can differ
 * between two pictures of one page, the colours.
 */
export const axeFindings = async (page: Page, only: 'all' | 'color-contrast' = 'all'): Promise<readonly string[]> => {
  // By the debugger: the page's own policy lets no script in, and must not be loosened for a test.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source)
  return page.evaluate(async (rule) => {
    const { axe } = globalThis as unknown as { readonly axe: { run(root: Document, options: object): Promise<AxeResults> } }
    const { violations } = await axe.run(document, { resultTypes: ['violations'], ...(rule !== 'all' && { runOnly: [rule] }) })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(' ')}: ${failureSummary ?? ''}`))
  }, only)
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly target: readonly (string | readonly string[])[]; readonly failureSummary?: string }[]
  }[]
}
