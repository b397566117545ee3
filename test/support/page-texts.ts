import type { Page } from 'playwright-core'

/**
 * All that a person sees or is told by a reader on the page as it is now: texts and what labels say, through all shadow roots. Left out is
 * what says of itself that it is in a language of its own.
 */
export const textsOn = (page: Page): Promise<readonly string[]> => page.evaluate(findTexts)

const findTexts = (): readonly string[] => {
  const LABELS = ['aria-label', 'title', 'placeholder', 'alt']
  const found = new Set<string>()
  const add = (text: string): void => {
    const plain = text.replace(/\s+/g, ' ').trim()
    if (plain !== '') found.add(plain)
  }
  const visit = (root: ParentNode): void => {
    for (const node of root.childNodes) {
      if (node instanceof Text) add(node.data)
      if (!(node instanceof Element) || node.localName === 'style' || node.hasAttribute('lang')) continue
      for (const label of LABELS) add(node.getAttribute(label) ?? '')
      visit(node)
      if (node.shadowRoot !== null) visit(node.shadowRoot)
    }
  }
  visit(document.body)
  return [...found]
}
