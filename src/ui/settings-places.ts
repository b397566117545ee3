import { msg, str } from '@lit/localize'
import { css, html, nothing } from 'lit'
import type { AddressTexts } from '../neuron/household.ts'
import { shared } from './elements.ts'
import { textOf } from './form-text.ts'
import { formatCount, isOne } from './format.ts'
import { SettingsPart } from './settings-part.ts'

/** Where this node meets others: its server, the PeerServer, STUN and TURN. Properties: `desk`, `snapshot`, `household`, `reload`. */
export class ZazenSettingsPlaces extends SettingsPart {
  static override properties = {
    kept: { state: true },
  }
  static override styles = [
    shared,
    css`
      .stack {
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

  /** Kept, and used from the next start on. */
  declare kept: boolean

  constructor() {
    super()
    this.kept = false
  }

  override render() {
    const { server } = this.snapshot
    const { addresses } = this.household
    const busy = this.work.busy('keep')
    return html`<section class="sheet stack" aria-labelledby="title">
      <h2 id="title">${msg('Where it meets others')}</h2>
      <p class="soft small">${msg('A server introduces nodes to each other and lists streams. Data goes from tab to tab, and no server can forge a row.')}</p>
      <p>${msg('Now:')} <bdi class="mono">${server.url}</bdi></p>
      ${server.iceServers.length === 0
        ? html`<p class="soft small">${server.state === 'checked-in' ? msg('It names no helpers for connections (STUN, TURN).') : nothing}</p>`
        : html`<details>
            <summary>${isOne(server.iceServers.length) ? msg('1 helper for connections that it names (STUN, TURN)') : msg(str`${formatCount(server.iceServers.length)} helpers for connections that it names (STUN, TURN)`)}</summary>
            <ul>${server.iceServers.map((address) => html`<li><bdi class="mono">${address}</bdi></li>`)}</ul>
          </details>`}
      <form @submit=${(event: SubmitEvent) => void this.#keep(event)}>
        <label>${msg('Another server')}
          <input name="server" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://zazen.example.org" .value=${addresses.server} /></label>
        <label>${msg('Another PeerServer, for nodes that are dialled by their id')}
          <input name="peerServer" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://0.peerjs.com" .value=${addresses.peerServer} /></label>
        <label>${msg('Own helpers for connections (STUN, TURN), one a line; they are asked beside those above')}
          <textarea name="iceServers" rows="3" autocomplete="off" spellcheck="false"
            placeholder=${'stun:stun.example.org:3478\nturn:turn.example.org:3478 NAME PASSWORD'} .value=${addresses.iceServers}></textarea></label>
        <div class="row">
          <button class="primary" aria-busy=${busy} aria-disabled=${busy}>${msg('Keep these addresses')}</button>
          <span class="soft small">${msg('An empty field means: what comes with the app.')}</span>
        </div>
        <div role="status" class="row">
          ${this.kept ? html`${msg('Kept. They are used from the next start on.')} <button type="button" @click=${() => this.#startAnew()}>${msg('Start anew now')}</button>` : nothing}
        </div>
      </form>
    </section>`
  }

  /** The node may come here from another tab for it: then the window stays. */
  #startAnew(): void {
    this.kept = false
    this.reload()
  }

  async #keep(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (!(event.target instanceof HTMLFormElement)) return
    const data = new FormData(event.target)
    const texts: AddressTexts = { server: textOf(data, 'server'), peerServer: textOf(data, 'peerServer'), iceServers: textOf(data, 'iceServers') }
    const kept = await this.work.run('keep', () => msg('Keeping the addresses'), () => this.household.keepAddresses(texts))
    this.kept = kept?.ok === true
  }
}

customElements.define('zazen-settings-places', ZazenSettingsPlaces)
