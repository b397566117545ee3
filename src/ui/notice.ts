import { LitElement, css, html, nothing } from 'lit'
import { shared } from './elements.ts'
import { plural } from './format.ts'
import { adoptTokens } from './theme.ts'

/** States of the window without a node behind it. */
export type Notice =
  /** `missing`: what the browser lacks and what helps, one plain sentence each. */
  | { readonly is: 'unsupported'; readonly missing: readonly string[] }
  /** This node runs in another tab. */
  | { readonly is: 'elsewhere' }
  /** A worker could not be started or died for good. */
  | { readonly is: 'crashed'; readonly what: string; readonly message: string }
  /** Nothing of the node is left here; `others`: nodes of other profiles in this browser. */
  | { readonly is: 'erased'; readonly others: number }

/** What a person can do about a notice. */
export interface NoticeDeps {
  /** Brings the node that runs elsewhere here. */
  readonly takeOver: () => void | Promise<void>
  readonly reload: () => void
}

/** Shows a notice inside `root` in place of the app; the answer takes it away again. */
export const mountNotice = (root: HTMLElement, notice: Notice, deps: NoticeDeps): (() => void) => {
  adoptTokens()
  const element = new ZazenNotice(notice, deps)
  root.replaceChildren(element)
  document.title = `${TITLES[notice.is]} · Zazen`
  return () => element.remove()
}

const TITLES: Readonly<Record<Notice['is'], string>> = {
  unsupported: 'Not supported here',
  elsewhere: 'Open in another tab',
  crashed: 'Stopped',
  erased: 'Erased',
}

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
        return html`<h1>This browser cannot run a node</h1>
          <p>Zazen needs, and did not find:</p>
          <ul>${notice.missing.map((thing) => html`<li>${thing}</li>`)}</ul>
          <p>Use a current Chrome, Edge or Firefox, at an https address or on http://localhost. What is kept here stays.</p>
          <button @click=${this.#deps.reload}>Try again</button>`
      case 'elsewhere':
        return html`<h1>This node is already running in another tab</h1>
          <p>
            A node runs in one tab at a time, so that it never contradicts itself. You can go on there, or bring it
            here; nothing is lost either way.
          </p>
          <button
            class="primary"
            aria-busy=${this.asked}
            aria-disabled=${this.asked}
            @click=${() => this.#take()}
          >Use it here</button>`
      case 'crashed':
        return html`<h1>The node has stopped</h1>
          <p>${notice.what}</p>
          ${notice.message === '' ? nothing : html`<p class="soft small"><code>${notice.message}</code></p>`}
          <p class="soft">What was verified is stored and still there after a reload.</p>
          <button class="primary" @click=${this.#deps.reload}>Reload</button>`
      case 'erased':
        return html`<h1>This node is erased</h1>
          <p>
            Its identity, its histories and its settings are gone from this browser. What other nodes have of its streams stays
            with them. ${notice.others === 0 ? nothing : html`${plural(notice.others, 'other node')} in this browser ${notice.others === 1 ? 'is' : 'are'} untouched.`}
          </p>
          <button class="primary" @click=${this.#deps.reload}>Begin a new node</button>`
    }
  }

  #take(): void {
    if (this.asked) return
    this.asked = true
    void Promise.resolve(this.#deps.takeOver()).finally(() => (this.asked = false))
  }
}

customElements.define('zazen-notice', ZazenNotice)
