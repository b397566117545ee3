import { LitElement, css, html, nothing } from 'lit'
import type { Snapshot } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { textOf } from './form-text.ts'
import type { AddressTexts, Household } from './household.ts'
import { Work } from './work.ts'

/** Where this node meets others: its server, the PeerServer, STUN and TURN. Properties: `desk`, `snapshot`, `household`, `reload`. */
export class ZazenSettingsPlaces extends LitElement {
  static override properties = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    household: { attribute: false },
    reload: { attribute: false },
    kept: { state: true },
  }
  static override styles = [
    shared,
    css`
      .sheet {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.5rem;
      }
      form {
        display: grid;
        gap: 1rem;
        margin-top: 0.75rem;
        max-width: 34rem;
      }
      ul {
        margin: 0.25rem 0 0;
        padding-inline-start: 1.25rem;
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare household: Household
  declare reload: () => void
  /** Kept, and used from the next start on. */
  declare kept: boolean
  readonly #work = new Work(this)

  constructor() {
    super()
    this.kept = false
  }

  override render() {
    const { server } = this.snapshot
    const { addresses } = this.household
    const busy = this.#work.busy('keep')
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">Where it meets others</h2>
      <p class="soft small">A server introduces nodes to each other and lists streams. Data goes from tab to tab, and no server can forge a row.</p>
      <p>Now: <bdi class="mono">${server.url}</bdi></p>
      ${server.iceServers.length === 0
        ? html`<p class="soft small">${server.state === 'checked-in' ? 'It names no STUN or TURN servers.' : nothing}</p>`
        : html`<details>
            <summary>${server.iceServers.length} STUN and TURN servers that it names</summary>
            <ul>${server.iceServers.map((address) => html`<li><bdi class="mono">${address}</bdi></li>`)}</ul>
          </details>`}
      <form @submit=${(event: SubmitEvent) => void this.#keep(event)}>
        <label>Another server
          <input name="server" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://zazen.example.org" .value=${addresses.server} /></label>
        <label>Another PeerServer, for nodes that are dialled by their id
          <input name="peerServer" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://0.peerjs.com" .value=${addresses.peerServer} /></label>
        <label>Own STUN and TURN servers, one a line; they are asked beside those above
          <textarea name="iceServers" rows="3" autocomplete="off" spellcheck="false"
            placeholder=${'stun:stun.example.org:3478\nturn:turn.example.org:3478 NAME PASSWORD'} .value=${addresses.iceServers}></textarea></label>
        <div class="row">
          <button class="primary" aria-busy=${busy} aria-disabled=${busy}>Keep these addresses</button>
          <span class="soft small">An empty field means: what comes with the app.</span>
        </div>
        <div role="status" class="row">
          ${this.kept ? html`Kept. They are used from the next start on. <button type="button" @click=${this.reload}>Start anew now</button>` : nothing}
        </div>
      </form>
    </section>`
  }

  async #keep(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (!(event.target instanceof HTMLFormElement)) return
    const data = new FormData(event.target)
    const texts: AddressTexts = { server: textOf(data, 'server'), peerServer: textOf(data, 'peerServer'), iceServers: textOf(data, 'iceServers') }
    const kept = await this.#work.run('keep', 'Keeping the addresses', () => this.household.keepAddresses(texts))
    this.kept = kept?.ok === true
  }
}

customElements.define('zazen-settings-places', ZazenSettingsPlaces)
