import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Listing, ListingOrder, Snapshot, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { formatCount, plural } from './format.ts'
import { ago, foreign } from './marks.ts'
import { Refresh } from './refresh.ts'
import { hrefOf } from './router.ts'
import { nameWords } from './stream-name.ts'
import { shared } from './elements.ts'
import { Work } from './work.ts'

/** Asked for and drawn at once: a directory that strangers fill with thousands must not stall node or page. */
const STEP = 60

/** The list follows the server's at most so often, milliseconds: rows must not jump under a finger. */
const FOLLOW_MS = 1_000

const orders = (): readonly { readonly order: ListingOrder; readonly label: string }[] => [
  { order: 'newest', label: msg('Newest rows first') },
  { order: 'unpredicted', label: msg('Needs predictors') },
  { order: 'followed', label: msg('Most subscribers') },
  { order: 'longest', label: msg('Longest history') },
  { order: 'name', label: msg('Name') },
]

/**
 * Streams that this node does not follow: those it still keeps rows of, and what is listed at the server. The node is asked for what
 * is shown. Properties: `desk`, `resting` (kept, not followed), `listed` of the snapshot, `server`, `now`.
 */
export class ZazenDirectory extends LitElement {
  static override properties = {
    desk: { attribute: false },
    resting: { attribute: false },
    listed: { attribute: false },
    server: {},
    now: { type: Number },
    wanted: { state: true },
    order: { state: true },
    shown: { state: true },
    found: { state: true },
    chosen: { state: true },
    done: { state: true },
  }
  static override styles = [
    shared,
    css`
      h2:focus-visible {
        outline: none;
      }
      h2 {
        margin-bottom: 0.75rem;
      }
      ul {
        border-top: 1px solid var(--line);
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: 0.25rem 0.75rem;
        align-items: center;
        padding: 0.625rem 0.125rem;
        border-bottom: 1px solid var(--line);
      }
      li a {
        font: 500 1.0625rem/1.3 var(--serif);
        text-decoration: none;
      }
      li a:hover {
        text-decoration: underline;
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.75rem;
      }
      .tools {
        align-items: end;
        margin-bottom: 0.75rem;
      }
      .tools label:first-child {
        flex: 1 1 14rem;
        max-width: 26rem;
      }
      .tools [role='status'] {
        line-height: 2.375rem;
      }
      .choose {
        width: 1.125rem;
        height: 1.125rem;
        margin: 0.25rem;
        accent-color: var(--accent);
      }
      .many {
        position: sticky;
        inset-block-end: 0;
        padding: 0.625rem 0;
        background: var(--paper);
        border-top: 1px solid var(--line);
      }
      .more {
        margin-top: 0.75rem;
      }
    `,
  ]

  declare desk: Desk
  declare resting: readonly StreamView[]
  declare listed: Snapshot['listed']
  declare server: Snapshot['server']['state']
  declare now: number
  declare wanted: string
  declare order: ListingOrder
  declare shown: number
  /** The newest answer; null: none has come yet. */
  declare found: Listing | null
  /** Ids of streams to subscribe to together. */
  declare chosen: ReadonlySet<string>
  /** Of those, how many are subscribed to already; null: none is being. */
  declare done: number | null
  readonly #work = new Work(this)
  readonly #refresh: Refresh = new Refresh(this, FOLLOW_MS, () => this.#load())

  constructor() {
    super()
    this.resting = []
    this.listed = { count: 0, edition: 0 }
    this.server = 'connecting'
    this.now = 0
    this.wanted = ''
    this.order = 'newest'
    this.shown = STEP
    this.found = null
    this.chosen = new Set()
    this.done = null
  }

  protected override updated(): void {
    this.#refresh.want([this.listed.edition, this.listed.count, this.order, this.shown, this.wanted].join('/'))
  }

  override render() {
    const isEmpty = this.listed.count === 0 && this.resting.length === 0
    return html`<section aria-labelledby="title">
      <h2 id="title" tabindex="-1">${msg('Directory')}</h2>
      ${isEmpty ? this.#empty() : html`${this.listed.count < 2 ? nothing : this.#tools()} ${this.#list()} ${this.#many()}`}
    </section>`
  }

  /** The title, not the element: whatever stands within one that is focused by script alone is no stop for the Tab key. */
  focusTitle(): void {
    const title = this.renderRoot.querySelector('h2')
    title?.scrollIntoView({ block: 'start' })
    title?.focus({ preventScroll: true })
  }

  #empty() {
    return html`<p class="soft">
      ${this.server === 'checked-in'
        ? msg('No other streams are listed at the server now. They appear here the moment somebody publishes one.')
        : msg('The directory shows when the server is reached. Streams you keep go on without it.')}
    </p>`
  }

  #tools() {
    const count = this.found?.count ?? this.listed.count
    return html`<div class="row tools">
      <label>${msg('Search')}<input
          type="search"
          placeholder=${msg('name or source')}
          aria-label=${msg('Search the directory')}
          .value=${this.wanted}
          @input=${(event: Event) => this.#search(event)}
        /></label>
      <label>${msg('Order')}
        <select @change=${(event: Event) => this.#sort(event)}>
          ${orders().map(({ order, label }) => html`<option value=${order} ?selected=${order === this.order}>${label}</option>`)}
        </select>
      </label>
      <span class="soft small number" role="status">${count < this.listed.count ? msg(str`${formatCount(count)} of ${plural(this.listed.count, 'stream')}`) : plural(count, 'stream')}</span>
    </div>`
  }

  #list() {
    const streams = [...this.resting, ...(this.found?.streams ?? [])]
    const count = this.found?.count ?? 0
    if (this.found === null && streams.length === 0) return html`<p class="soft" role="status">${msg('Reading the directory…')}</p>`
    if (streams.length === 0) return html`<p class="soft">${msg(str`Nothing matches. ${plural(this.listed.count, 'stream')} in all.`)}</p>`
    return html`<ul class="plain">${repeat(streams, (stream) => stream.id, (stream) => this.#entry(stream))}</ul>
      ${count > this.shown
        ? html`<button class="more" @click=${() => this.#more()}>${msg(str`Show more (${formatCount(count - this.shown)} left)`)}</button>`
        : nothing}`
  }

  #entry(stream: StreamView) {
    return html`<li>
      <input type="checkbox" class="choose" aria-label=${msg(str`Choose ${stream.name}`)} .checked=${this.chosen.has(stream.id)} @change=${() => this.#choose(stream.id)} />
      <div>
        <a class="clamp" href=${hrefOf({ page: 'stream', id: stream.id })}>${foreign(nameWords(stream))}</a>
        <div class="facts soft small">
          <span class="clamp">${foreign(stream.source)}</span>
          <span class="number">${plural(Math.max(stream.rows, stream.knownRows), 'row')}</span>
          ${stream.kept ? html`<span>${msg('kept here, not followed')}</span>` : nothing}
          ${stream.subscribers === null ? nothing : html`<span>${plural(stream.subscribers, 'subscriber')}</span>`}
          ${stream.predictors === null ? nothing : html`<span>${stream.predictors === 0 ? msg('nobody predicts it') : plural(stream.predictors, 'predictor')}</span>`}
          ${stream.publisherOnline === null
            ? nothing
            : html`<span>${stream.publisherOnline ? msg('publisher online') : msg('publisher away')}</span>`}
          ${stream.headTime === null ? nothing : html`<span>${msg(html`last change ${ago(stream.headTime, this.now)}`)}</span>`}
        </div>
      </div>
      ${this.#work.button({
        key: stream.id,
        label: msg('Subscribe'),
        name: msg(str`Subscribe to ${stream.name}`),
        what: () => msg('Subscribing'),
        action: () => this.desk.neuron.subscribe(stream.id),
      })}
    </li>`
  }

  #many() {
    const count = this.chosen.size
    if (count === 0) return nothing
    const { done } = this
    return html`<div class="row many" role="group" aria-label=${msg('Chosen streams')}>
      ${this.#work.button({ key: 'many', label: msg(str`Subscribe to ${plural(count, 'stream')}`), look: 'primary', what: () => msg('Subscribing'), action: () => this.#subscribeAll() })}
      <button class="quiet" @click=${() => (this.chosen = new Set())}>${msg('Choose none')}</button>
      ${done === null ? nothing : html`<progress max=${count} .value=${done} aria-label=${msg('Subscribing')}></progress>`}
    </div>`
  }

  #search(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.wanted = event.target.value
    this.#anew()
  }

  #sort(event: Event): void {
    if (!(event.target instanceof HTMLSelectElement)) return
    const chosen = event.target.value
    this.order = orders().find(({ order }) => order === chosen)?.order ?? 'newest'
    this.#anew()
  }

  #anew(): void {
    this.shown = STEP
    this.#refresh.hurry()
  }

  #more(): void {
    this.shown += STEP
    this.#refresh.hurry()
  }

  #choose(id: string): void {
    const chosen = new Set(this.chosen)
    if (!chosen.delete(id)) chosen.add(id)
    this.chosen = chosen
  }

  /** One after the other: what fails stays chosen, and is told. */
  async #subscribeAll(): Promise<void> {
    const wanted = [...this.chosen]
    this.done = 0
    try {
      for (const id of wanted) {
        await this.desk.neuron.subscribe(id)
        this.done++
      }
      this.desk.tell({ kind: 'done', text: () => msg(str`Subscribed to ${plural(wanted.length, 'stream')}. Their histories arrive by themselves.`) })
      this.chosen = new Set()
    } finally {
      this.chosen = new Set([...this.chosen].filter((id) => wanted.indexOf(id) >= (this.done ?? 0)))
      this.done = null
    }
  }

  async #load(): Promise<void> {
    const { wanted, order, shown } = this
    const found = await this.desk.neuron.listing({ search: wanted, order, from: 0, count: shown })
    // Typed on meanwhile: the next answer is on its way.
    if (wanted === this.wanted && order === this.order) this.found = found
  }
}

customElements.define('zazen-directory', ZazenDirectory)
