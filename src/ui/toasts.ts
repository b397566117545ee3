import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Note } from './desk.ts'
import { shared } from './elements.ts'
import { failureWords } from './words/tell.ts'

/** Older news makes room: a node in trouble must not cover its own page. */
const MAX_SHOWN = 4
/** Good news leaves by itself; bad news stays until it is dismissed. */
const DONE_SHOWN_MS = 6000

interface Shown {
  readonly key: number
  readonly note: Note
}

/** News for the person, in a corner: what failed with its code, what was done. */
export class ZazenToasts extends LitElement {
  static override properties = { notes: { state: true } }
  static override styles = [
    shared,
    css`
      :host {
        position: fixed;
        inset-block-end: 0.75rem;
        inset-inline-end: 0.75rem;
        z-index: 10;
        display: grid;
        gap: 0.5rem;
        width: min(26rem, calc(100vw - 1.5rem));
      }
      .toast {
        display: flex;
        gap: 0.75rem;
        align-items: center;
        justify-content: space-between;
        background: var(--sheet);
        border: 1px solid var(--strong-line);
        border-inline-start: 4px solid var(--good);
        border-radius: var(--round);
        padding: 0.625rem 0.5rem 0.625rem 0.875rem;
        box-shadow: 0 8px 28px #0003;
      }
      .failed {
        border-inline-start-color: var(--bad);
      }
      p {
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare notes: readonly Shown[]
  #next = 0

  constructor() {
    super()
    this.notes = []
  }

  show(note: Note): void {
    const key = this.#next++
    this.notes = [...this.notes, { key, note }].slice(-MAX_SHOWN)
    if (note.kind === 'done') setTimeout(() => this.#dismiss(key), DONE_SHOWN_MS)
  }

  override render() {
    return html`${repeat(
      this.notes,
      ({ key }) => key,
      ({ key, note }) => html`<div class="toast ${note.kind}" role=${note.kind === 'failed' ? 'alert' : 'status'}>
        <p>
          ${note.kind === 'done'
            ? note.text()
            : html`<strong>${msg(str`${note.what()} did not work.`)}</strong> <bdi dir="auto">${failureWords(note.failure)}</bdi>
                <span class="soft small">(<code>${note.failure.code}</code>)</span>`}
        </p>
        <button class="quiet" aria-label=${msg('Dismiss')} @click=${() => this.#dismiss(key)}>✕</button>
      </div>`,
    )}`
  }

  #dismiss(key: number): void {
    this.notes = this.notes.filter((shown) => shown.key !== key)
  }
}

customElements.define('zazen-toasts', ZazenToasts)
