import type { Page } from 'playwright-core'

/** Every element that is a page: their files are fetched once the window runs. */
const PAGES = ['zazen-streams-page', 'zazen-listed-stream', 'zazen-peers-page', 'zazen-publish-page', 'zazen-log-page', 'zazen-settings-page']

/** Goes to a page of the window that is open; when it returns, the one before is gone. */
export const turnTo = (page: Page, hash: string): Promise<void> =>
  page.evaluate(async ({ there, pages }) => {
    await Promise.all(pages.map((name) => customElements.whenDefined(name)))
    if (location.hash === there) return
    await new Promise((resolve) => {
      addEventListener('hashchange', resolve, { once: true })
      location.hash = there
    })
  }, { there: hash, pages: PAGES })
