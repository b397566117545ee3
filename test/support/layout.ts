import type { Page } from 'playwright-core'

/**
 * What does not fit on the page as it is now, a line each: whatever reaches beyond the screen, and text that is wider or higher than
 * the box that shows it. Not counted: what scrolls within its own frame, what is cut on purpose (an ellipsis, a number of lines),
 * what only readers are told, and what is not laid out because it is far from being seen.
 */
export const layoutFaults = (page: Page): Promise<readonly string[]> => page.evaluate(findFaults)

const findFaults = (): readonly string[] => {
  const ROUNDING = 1
  const faults: string[] = []
  const nameOf = (element: Element): string => {
    const own = [...element.childNodes].flatMap((node) => (node instanceof Text ? [node.data] : [])).join(' ').replace(/\s+/g, ' ').trim()
    return `${element.localName}${element.id === '' ? '' : `#${element.id}`}${element.classList.length === 0 ? '' : `.${[...element.classList].join('.')}`} “${own.slice(0, 40)}”`
  }
  const hasText = (element: Element): boolean => [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '')
  const isCutOnPurpose = (style: CSSStyleDeclaration): boolean =>
    style.textOverflow === 'ellipsis' || (style.getPropertyValue('-webkit-line-clamp') || 'none') !== 'none'
  const look = (element: Element, style: CSSStyleDeclaration, scrolled: boolean): void => {
    const { left, right, width } = element.getBoundingClientRect()
    if (width === 0) return
    if (!scrolled && (left < -ROUNDING || right > innerWidth + ROUNDING)) faults.push(`beyond the screen: ${nameOf(element)}, ${Math.round(left)} to ${Math.round(right)}`)
    if (style.display === 'inline' || isCutOnPurpose(style) || !hasText(element)) return
    if (element.scrollWidth > element.clientWidth + ROUNDING) faults.push(`wider than its box: ${nameOf(element)}, ${element.scrollWidth} in ${element.clientWidth}`)
    if (style.overflowY === 'hidden' && element.scrollHeight > element.clientHeight + ROUNDING) faults.push(`higher than its box: ${nameOf(element)}`)
  }
  const visit = (root: ParentNode, scrolled: boolean): void => {
    for (const element of root.children) {
      // Asked first: what is far below is not laid out, and asking for its style would have all of it laid out, one by one.
      if (!element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue
      const style = getComputedStyle(element)
      if (style.clipPath.startsWith('inset(50%')) continue
      const scrolls = style.overflowX === 'auto' || style.overflowX === 'scroll'
      if (style.display !== 'contents' && !scrolls && !(element instanceof SVGElement)) look(element, style, scrolled)
      // Elements of a picture are the picture's own matter.
      if (!(element instanceof SVGElement)) visit(element.shadowRoot ?? element, scrolled || scrolls)
    }
  }
  visit(document.body, false)
  return faults
}
