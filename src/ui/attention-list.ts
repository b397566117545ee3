import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { Attention } from './attention.ts'
import { shared } from './elements.ts'
import { formatCount } from './format.ts'
import { foreign } from './marks.ts'

/** Shown at once: a node with a thousand broken streams still has a home page. */
const SHOWN = 6

/** What needs attention and what to do about it. Property: `items`. */
export class ZazenAttentionList extends LitElement {
  static override properties = { items: { attribute: false }, all: { state: true } }
  static override styles = [
    shared,
    css`
      ul {
        margin: 0.5rem 0 0;
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
        gap: 0.875rem 2rem;
      }
      li {
        border-inline-start: 3px solid var(--strong-line);
        padding-inline-start: 0.75rem;
        overflow-wrap: anywhere;
      }
      li.bad {
        color: inherit;
        border-inline-start-color: var(--bad);
      }
      button {
        margin: 0.75rem 0 0 -0.5rem;
      }
    `,
  ]

  declare items: readonly Attention[]
  declare all: boolean

  constructor() {
    super()
    this.items = []
    this.all = false
  }

  override render() {
    if (this.items.length === 0) return nothing
    // A button for one more would take its place.
    const shown = this.all || this.items.length === SHOWN + 1 ? this.items : this.items.slice(0, SHOWN)
    const needs = this.items.some(({ kind }) => kind === 'bad')
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${needs ? msg('Needs attention') : msg('Worth a thought')}</h2>
      <ul class="plain">${shown.map(attentionItem)}</ul>
      ${shown.length < this.items.length
        ? html`<button class="quiet" @click=${() => (this.all = true)}>${msg(str`Show ${formatCount(this.items.length - shown.length)} more`)}</button>`
        : nothing}
    </section>`
  }
}

const attentionItem = ({ key, kind, about, what, help, href }: Attention) => html`<li class=${kind} data-attention=${key.split('/')[0]}>
  <p>${about === null ? nothing : html`<strong><span class="clamp">${foreign(about)}</span></strong>`} <bdi dir="auto">${what}</bdi></p>
  <p class="soft small">${help} ${href === null ? nothing : html`<a href=${href}>${about === null ? msg('See to it') : msg('Open the stream')}</a>`}</p>
</li>`

customElements.define('zazen-attention-list', ZazenAttentionList)
