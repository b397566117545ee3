import { msg } from '@lit/localize'
import { LitElement, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { BannedPeer } from '../neuron/peer-view.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { entries, shared } from './elements.ts'
import { shortHash } from './format.ts'
import { ago } from './marks.ts'
import { liftWords } from './peer-words.ts'
import { Work } from './work.ts'

/** Whom a person has banned, each to be let in again. Properties: `desk`, `banned`, `now`, `gone`, called when nobody is banned any more. `focus()` goes to its title. */
export class ZazenBannedPeers extends LitElement {
  static override properties = { desk: { attribute: false }, banned: { attribute: false }, now: { type: Number }, gone: { attribute: false } }
  static override styles = [shared, entries]

  declare desk: Desk
  declare banned: readonly BannedPeer[]
  declare now: number
  declare gone: () => void
  readonly #work = new Work(this)

  constructor() {
    super()
    this.gone = () => undefined
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus()
  }

  override render() {
    const { banned } = this
    return html`<section class="sheet" aria-labelledby="banned">
      <h2 id="banned" tabindex="-1">${msg('Banned')}</h2>
      <p class="soft small">${msg('No data goes to them or comes from them, whichever side asks for a connection. A ban holds for one key: whoever comes back with another one is somebody new.')}</p>
      ${banned.length === 0 ? html`<p>${msg('Nobody.')}</p>` : nothing}
      <ul class="plain entries">
        ${repeat(banned, ({ id }) => id, (peer) => this.#peer(peer))}
      </ul>
    </section>`
  }

  #peer({ id, since }: BannedPeer) {
    return html`<li data-banned=${id}>
      <zazen-copy .desk=${this.desk} label=${msg('id of the peer')} text=${id}></zazen-copy>
      <span class="soft small">${ago(since, this.now)}</span>
      ${this.#work.button({ key: id, label: msg('Lift'), name: liftWords(shortHash(id)), look: 'quiet', what: () => msg('Lifting the ban'), action: () => this.#lift(id) })}
    </li>`
  }

  async #lift(id: string): Promise<void> {
    const left = await this.desk.neuron.liftBan(id)
    this.desk.tell({ kind: 'done', text: () => msg('The ban is lifted: it is a peer like any other again.') })
    // The list goes with the last one on it, and its title with it.
    if (left.length === 0) this.gone()
    else this.focus()
  }
}

customElements.define('zazen-banned-peers', ZazenBannedPeers)
