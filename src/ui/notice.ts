import { LitElement, css, html, nothing } from 'lit'
import { shared } from './elements.ts'
import { adoptTokens } from './theme.ts'

/** States of the window without a node behind it. */
export type Notice =
  /** `missing`: what the browser lacks, one plain phrase each. `advice`: what to do about it. */
  | { readonly kind: 'unsupported'; readonly missing: readonly string[]; readonly advice: string }
  /** This node runs in another tab; `takeOver` brings it here. */
  | { readonly kind: 'elsewhere'; readonly takeOver: () => void | Promise<void> }
  /** A worker could not be started or died for good. */
  | { readonly kind: 'crashed'; readonly what: string; readonly message: string; readonly reload: () => void }

/** Shows a notice inside `root` in place of the app; the answer takes it away again. */
export const mountNotice = (root: HTMLElement, notice: Notice): (() => void) => {
  adoptTokens()
  const element = new ZazenNotice(notice)
  root.replaceChildren(element)
  document.title = `${TITLES[notice.kind]} · Zazen`
  return () => element.remove()
}

const TITLES: Readonly<Record<Notice['kind'], string>> = {
  unsupported: 'Not supported here',
  elsewhere: 'Open in another tab',
  crashed: 'Stopped',
}

export class ZazenNotice extends LitElement {
  static override properties = { asked: { state: true } }
  static override styles = [
    shared,
    css`
      :host {
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

  constructor(notice: Notice) {
    super()
    this.#notice = notice
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
    switch (notice.kind) {
      case 'unsupported':
        return html`<h1>This browser cannot run a node</h1>
          <p>Zazen needs, and did not find:</p>
          <ul>${notice.missing.map((thing) => html`<li>${thing}</li>`)}</ul>
          <p>${notice.advice}</p>`
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
            @click=${() => this.#take(notice.takeOver)}
          >Use it here</button>`
      case 'crashed':
        return html`<h1>The node has stopped</h1>
          <p>${notice.what}</p>
          ${notice.message === '' ? nothing : html`<p class="soft small"><code>${notice.message}</code></p>`}
          <p class="soft">What was verified is stored and still there after a reload.</p>
          <button class="primary" @click=${notice.reload}>Reload</button>`
    }
  }

  #take(takeOver: () => void | Promise<void>): void {
    if (this.asked) return
    this.asked = true
    void Promise.resolve(takeOver()).finally(() => (this.asked = false))
  }
}

customElements.define('zazen-notice', ZazenNotice)
