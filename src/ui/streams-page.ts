import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import type { Attention } from './attention.ts'
import './attention-list.ts'
import type { ZazenDirectory } from './directory.ts'
import type { StorageState } from './storage-state.ts'
import { shared } from './elements.ts'
import { loadCards, loadDirectory } from './pages.ts'
import { isUsable, keptStreams } from './verdict.ts'

/** Home: the streams this node keeps, then those it could keep. Properties: `desk`, `snapshot`, `now`, `attention`, `storage`; `failed` is called when a file of it cannot be had. */
export class ZazenStreamsPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    now: { type: Number },
    attention: { attribute: false },
    storage: { attribute: false },
    failed: { attribute: false },
  }
  static override styles = [
    shared,
    css`
      .stack {
        gap: 2.5rem;
      }
      zazen-home-facts {
        margin-bottom: 1.25rem;
      }
      h1 {
        margin-bottom: 1rem;
      }
      .ways {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
        gap: 1rem;
        margin-top: 1.5rem;
      }
      .way {
        display: grid;
        align-content: start;
        gap: 0.5rem;
      }
      .way .button {
        justify-self: start;
        margin-top: 0.5rem;
      }
      .lead {
        max-width: 42rem;
        font-size: 1.0625rem;
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare now: number
  declare attention: readonly Attention[]
  declare storage: StorageState | null
  declare failed: () => void
  readonly #fetched = new Set<() => Promise<unknown>>()

  constructor() {
    super()
    this.attention = []
    this.storage = null
    this.failed = () => undefined
  }

  /** Whoever keeps nothing yet, as everybody does at first, need not wait for the cards; nobody for the directory, before the node runs. */
  protected override willUpdate(): void {
    if (keptStreams(this.snapshot).length > 0) this.#fetch(loadCards)
    if (isUsable(this.snapshot)) this.#fetch(loadDirectory)
  }

  override render() {
    const kept = keptStreams(this.snapshot)
    const { listed } = this.snapshot
    const resting = this.snapshot.streams.filter((stream) => !stream.own && !stream.subscribed)
    const usable = isUsable(this.snapshot)
    return html`<div class="stack">
      ${usable && this.attention.length > 0 ? html`<zazen-attention-list .items=${this.attention}></zazen-attention-list>` : nothing}
      ${kept.length > 0 ? this.#kept(kept) : usable ? this.#welcome(listed.count) : html`<h1 class="seen-by-readers">${msg('Your streams')}</h1>`}
      <zazen-directory
        ?hidden=${!usable}
        .desk=${this.desk}
        .resting=${resting}
        .listed=${listed}
        .server=${this.snapshot.server.state}
        .now=${this.now}
      ></zazen-directory>
    </div>`
  }

  #kept(kept: readonly StreamView[]) {
    return html`<section aria-labelledby="kept">
      <h1 id="kept">${msg('Your streams')}</h1>
      <zazen-home-facts .streams=${kept} .storage=${this.storage}></zazen-home-facts>
      <zazen-stream-cards .desk=${this.desk} .streams=${kept} .now=${this.now}></zazen-stream-cards>
    </section>`
  }

  #welcome(listed: number) {
    return html`<section aria-labelledby="welcome">
      <h1 id="welcome">${msg('This tab is a prediction node')}</h1>
      <p class="lead soft">
        ${msg('It fetches the history of streams straight from other tabs, checks every row against its publisher’s signature, learns the stream and predicts the next value whenever a new one comes. Leave it open.')}
      </p>
      <div class="ways">
        <div class="sheet way">
          <h2>${msg('Find streams')}</h2>
          <p class="soft">${listed === 0 ? msg('Nobody has listed a stream here yet. When somebody does, it appears below.') : msg('Subscribe to what others publish. The history arrives by itself.')}</p>
          <button
            class="button ${listed === 0 ? '' : 'primary'}"
            @click=${() => this.#toDirectory()}
          >${msg('See the directory')}</button>
        </div>
        <div class="sheet way">
          <h2>${msg('Publish your own')}</h2>
          <p class="soft">${msg('Any CSV with a time and a value. Every row is signed by this node.')}</p>
          <a class="button" href="#/publish">${msg('Import a CSV')}</a>
        </div>
        <div class="sheet way">
          <h2>${msg('Try a sample')}</h2>
          <p class="soft">${msg('A real history, ready in a second: weather, carbon dioxide and others.')}</p>
          <a class="button ${listed === 0 ? 'primary' : ''}" href="#/publish">${msg('Choose a sample')}</a>
        </div>
      </div>
    </section>`
  }

  /** Elements that come to life where they already stand. */
  #fetch(load: () => Promise<unknown>): void {
    if (this.#fetched.has(load)) return
    this.#fetched.add(load)
    load().catch(() => {
      this.failed()
    })
  }

  #toDirectory(): void {
    this.renderRoot.querySelector<ZazenDirectory>('zazen-directory:defined')?.focusTitle()
  }
}

customElements.define('zazen-streams-page', ZazenStreamsPage)
