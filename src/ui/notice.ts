import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { shared } from './elements.ts'
import { formatCount, isOne } from './format.ts'
import { adoptTokens } from './theme.ts'
import { missingWords, type Requirement } from './words/requirements.ts'
import { toldWords } from './words/tell.ts'

/** States of the window without a node behind it. */
export type Notice =
  /** `missing`: what the browser lacks. */
  | { readonly is: 'unsupported'; readonly missing: readonly Requirement[] }
  /** This node runs in another tab, which does not answer, or is of another version of the app; `takeOver` brings it here. */
  | { readonly is: 'elsewhere'; readonly otherVersion: boolean; readonly takeOver: () => void }
  /** A worker could not be started or died for good. */
  | { readonly is: 'crashed'; readonly what: string; readonly message: string }
  /** Nothing of the node is left here; `others`: nodes of other profiles in this browser. */
  | { readonly is: 'erased'; readonly others: number }

/** What a person can do about a notice. */
export interface NoticeDeps {
  readonly reload: () => void
}

/** Shows a notice inside `root` in place of the app; the answer takes it away again. */
export const mountNotice = (root: HTMLElement, notice: Notice, deps: NoticeDeps): (() => void) => {
  adoptTokens()
  const element = new ZazenNotice(notice, deps)
  root.replaceChildren(element)
  document.title = `${titles()[notice.is]} · Zazen`
  return () => element.remove()
}

const titles = (): Readonly<Record<Notice['is'], string>> => ({
  unsupported: msg('Not supported here'),
  elsewhere: msg('Open in another tab'),
  crashed: msg('Stopped'),
  erased: msg('Erased'),
})

export class ZazenNotice extends LitElement {
  static override properties = { asked: { state: true } }
  static override styles = [
    shared,
    css`
      :host {
        box-sizing: border-box;
        min-height: 100dvh;
        display: grid;
        place-content: center;
        padding: 1.5rem;
      }
      main {
        max-width: 34rem;
        display: grid;
        gap: 1rem;
        justify-items: start;
      }
      svg {
        width: 4rem;
        height: 4rem;
      }
      ul {
        margin: 0;
        padding-inline-start: 1.25rem;
      }
      p {
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare asked: boolean
  readonly #notice: Notice
  readonly #deps: NoticeDeps

  constructor(notice: Notice, deps: NoticeDeps) {
    super()
    this.#notice = notice
    this.#deps = deps
    this.asked = false
  }

  override render() {
    return html`<main>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="16" r="12" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"
          pathLength="100" stroke-dasharray="70 100" transform="rotate(-58 16 16)" />
      </svg>
      ${this.#body(this.#notice)}
    </main>`
  }

  #body(notice: Notice) {
    switch (notice.is) {
      case 'unsupported':
        return html`<h1>${msg('This browser cannot run a node')}</h1>
          <p>${msg('Zazen needs, and did not find:')}</p>
          <ul>${notice.missing.map((thing) => html`<li>${missingWords(thing)} <code class="soft small">${thing}</code></li>`)}</ul>
          <p>${msg('Use a current Chrome, Edge or Firefox, at an https address or on http://localhost. What is kept here stays.')}</p>
          <button @click=${this.#deps.reload}>${msg('Try again')}</button>`
      case 'elsewhere':
        return notice.otherVersion
          ? html`<h1>${msg('This node is already running in another tab')}</h1>
              <p>${msg('That tab has another version of Zazen. Load both anew, and they have the same.')}</p>
              <button class="primary" @click=${this.#deps.reload}>${msg('Reload')}</button>`
          : html`<h1>${msg('This node is already running in another tab')}</h1>
              <p>
                ${msg('A node runs in one tab at a time, so that it never contradicts itself. You can go on there, or bring it here; nothing is lost either way.')}
              </p>
              <button
                class="primary"
                aria-busy=${this.asked}
                aria-disabled=${this.asked}
                @click=${() => this.#take(notice.takeOver)}
              >${msg('Use it here')}</button>`
      case 'crashed':
        return html`<h1>${msg('The node has stopped')}</h1>
          <p>${toldWords(notice.what)}</p>
          ${notice.message === '' ? nothing : html`<p class="soft small"><code>${toldWords(notice.message)}</code></p>`}
          <p class="soft">${msg('What was verified is stored and still there after a reload.')}</p>
          <button class="primary" @click=${this.#deps.reload}>${msg('Reload')}</button>`
      case 'erased':
        return html`<h1>${msg('This node is erased')}</h1>
          <p>
            ${msg('Its identity, its histories and its settings are gone from this browser. What other nodes have of its streams stays with them.')}
            ${notice.others === 0 ? nothing : othersWords(notice.others)}
          </p>
          <button class="primary" @click=${this.#deps.reload}>${msg('Begin a new node')}</button>`
    }
  }

  /** Asked once: the node that starts here takes this notice's place. */
  #take(takeOver: () => void): void {
    if (this.asked) return
    this.asked = true
    takeOver()
  }
}

const othersWords = (others: number): string =>
  isOne(others)
    ? msg('Another node in this browser is untouched.')
    : msg(str`${formatCount(others)} other nodes in this browser are untouched.`)

customElements.define('zazen-notice', ZazenNotice)
