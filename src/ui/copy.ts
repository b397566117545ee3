import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import { failureOf } from '../base/result.ts'
import type { Desk } from './desk.ts'
import { sentence, shortHash } from './format.ts'
import { base } from './elements.ts'

/**
 * A long hex text, shortened, that copies itself whole when pressed.
 * Properties: `text`, `label` (what it is: "node id"), `desk`.
 */
export class ZazenCopy extends LitElement {
  static override properties = { text: {}, label: {}, desk: { attribute: false }, copied: { state: true } }
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        position: relative;
      }
      button {
        font: inherit;
        font-family: var(--mono);
        font-size: 0.875em;
        color: inherit;
        background: none;
        border: 0;
        border-bottom: 1px solid var(--line);
        padding: 0;
        cursor: copy;
      }
      button:hover {
        color: var(--accent);
      }
    `,
  ]

  declare text: string
  declare label: string
  declare desk: Desk
  declare copied: boolean

  constructor() {
    super()
    this.text = ''
    this.label = ''
    this.copied = false
  }

  override render() {
    return html`<button type="button" title=${msg(str`Copy: ${this.text}`)} aria-label=${msg(str`Copy ${this.label} ${shortHash(this.text)}`)}
        @click=${() => void this.#copy()} @blur=${() => (this.copied = false)}
      >${this.copied ? msg('copied ✓') : shortHash(this.text)}</button
      ><span class="seen-by-readers" role="status">${this.copied ? msg(str`${sentence(this.label)} copied`) : ''}</span>`
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text)
      this.copied = true
    } catch (thrown) {
      this.desk.tell({ kind: 'failed', what: () => msg(str`Copying “${this.label}”`), failure: failureOf(thrown, 'clipboard') })
    }
  }
}

customElements.define('zazen-copy', ZazenCopy)
