import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { formatCount, plural } from './format.ts'
import { ago, foreign } from './marks.ts'
import { hrefOf } from './router.ts'
import { shared } from './elements.ts'
import { Work } from './work.ts'

/** Drawn at once: a directory that strangers fill with thousands must not stall the page. */
const STEP = 60

/** Streams listed at the server that this node does not keep. Properties: `desk`, `streams`, `server`, `now`. */
export class ZazenDirectory extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streams: { attribute: false },
    server: {},
    now: { type: Number },
    wanted: { state: true },
    shown: { state: true },
  }
  static override styles = [
    shared,
    css`
      :host {
        outline: none;
      }
      .head {
        justify-content: space-between;
        margin-bottom: 0.75rem;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        border-top: 1px solid var(--line);
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.25rem 1rem;
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
      .more {
        margin-top: 0.75rem;
      }
    `,
  ]

  declare desk: Desk
  declare streams: readonly StreamView[]
  declare server: Snapshot['server']['state']
  declare now: number
  declare wanted: string
  declare shown: number
  readonly #work = new Work(this)

  constructor() {
    super()
    this.streams = []
    this.server = 'connecting'
    this.now = 0
    this.wanted = ''
    this.shown = STEP
  }

  override render() {
    const found = this.streams.filter((stream) => matches(stream, this.wanted))
    return html`<section aria-labelledby="title">
      <div class="row head">
        <h2 id="title">Directory</h2>
        ${this.streams.length < 2
          ? nothing
          : html`<input
              type="search"
              placeholder="Search by name or source"
              aria-label="Search the directory"
              .value=${this.wanted}
              @input=${(event: Event) => this.#search(event)}
            />`}
      </div>
      ${this.streams.length === 0 ? this.#empty() : this.#list(found)}
    </section>`
  }

  #empty() {
    return html`<p class="soft">
      ${this.server === 'checked-in'
        ? 'No other streams are listed at the server now. They appear here the moment somebody publishes one.'
        : 'The directory shows when the server is reached. Streams you keep go on without it.'}
    </p>`
  }

  #list(found: readonly StreamView[]) {
    if (found.length === 0)
      return html`<p class="soft" role="status">Nothing matches. ${plural(this.streams.length, 'stream')} in all.</p>`
    return html`<ul>
        ${repeat(
          found.slice(0, this.shown),
          (stream) => stream.id,
          (stream) => this.#entry(stream),
        )}
      </ul>
      ${found.length > this.shown
        ? html`<button
            class="more"
            @click=${() => (this.shown += STEP)}
          >Show more (${formatCount(found.length - this.shown)} left)</button>`
        : nothing}`
  }

  #entry(stream: StreamView) {
    return html`<li>
      <div>
        <a class="clamp" href=${hrefOf({ page: 'stream', id: stream.id })}>${foreign(stream.name)}</a>
        <div class="facts soft small">
          <span class="clamp">${foreign(stream.source)}</span>
          <span class="number">${plural(stream.knownRows, 'row')}</span>
          ${stream.subscribers === null ? nothing : html`<span>${plural(stream.subscribers, 'subscriber')}</span>`}
          ${stream.publisherOnline === null
            ? nothing
            : html`<span>${stream.publisherOnline ? 'publisher online' : 'publisher away'}</span>`}
          ${stream.headTime === null ? nothing : html`<span>last change ${ago(stream.headTime, this.now)}</span>`}
        </div>
      </div>
      ${this.#work.button({
        key: stream.id,
        label: 'Subscribe',
        name: `Subscribe to ${stream.name}`,
        what: 'Subscribing',
        action: () => this.desk.neuron.subscribe(stream.id),
      })}
    </li>`
  }

  #search(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.wanted = event.target.value
    this.shown = STEP
  }
}

const matches = (stream: StreamView, wanted: string): boolean => {
  const words = wanted.trim().toLowerCase()
  return words === '' || stream.name.toLowerCase().includes(words) || stream.source.toLowerCase().includes(words)
}

customElements.define('zazen-directory', ZazenDirectory)
