import { LitElement, css, html } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import './home-facts.ts'
import './stream-card.ts'

/** Cards drawn in one go, and again those out of sight that hear of what is new: some milliseconds, so that a thousand streams never hold up the page. */
const STEP = 24

/** Between one step and the next, milliseconds: the browser paints and answers in between. */
const PAUSE_MS = 16

/**
 * The streams of this node as cards. All come to be there, for search, keyboard and screen readers, a step at a time; those in sight
 * follow what happens, the others in turn. Properties: `desk`, `streams`, `now`.
 */
export class ZazenStreamCards extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streams: { attribute: false },
    now: { type: Number },
    drawn: { state: true },
    seen: { state: true },
  }
  static override styles = [
    base,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: 1rem;
      }
      li {
        min-width: 0;
        content-visibility: auto;
        contain-intrinsic-height: auto 13rem;
        /* content-visibility clips: room for focus rings and tips */
        padding: 3px;
        margin: -3px;
        display: grid;
      }
      li:hover,
      li:focus-within {
        content-visibility: visible;
      }
    `,
  ]

  declare desk: Desk
  declare streams: readonly StreamView[]
  declare now: number
  /** How many are there. */
  declare drawn: number
  /** Ids of those in sight, or nearly. */
  declare seen: ReadonlySet<string>
  #watch: IntersectionObserver | null = null
  #next: ReturnType<typeof setTimeout> | null = null
  /** Whose turn it is among those out of sight. */
  #turn = 0

  constructor() {
    super()
    this.streams = []
    this.now = 0
    this.drawn = STEP
    this.seen = new Set()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch = new IntersectionObserver((entries) => { this.#look(entries) }, { rootMargin: '50%' })
    this.requestUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#watch?.disconnect()
    this.#watch = null
    if (this.#next !== null) clearTimeout(this.#next)
    this.#next = null
  }

  override render() {
    const turns = Math.max(1, Math.ceil(this.drawn / STEP))
    const turn = this.#turn++ % turns
    return html`<ul class="plain">
      ${repeat(
        this.streams.slice(0, this.drawn),
        (stream) => stream.id,
        (stream, index) => html`<li data-id=${stream.id}><zazen-stream-card
            .awake=${this.seen.has(stream.id) || index % turns === turn}
            .desk=${this.desk}
            .stream=${stream}
            .now=${this.now}
          ></zazen-stream-card></li>`,
      )}
    </ul>`
  }

  protected override updated(): void {
    // Again and again: whatever is watched already stays as it is.
    for (const item of this.renderRoot.querySelectorAll('li')) this.#watch?.observe(item)
    if (this.drawn >= this.streams.length || this.#next !== null) return
    this.#next = setTimeout(() => {
      this.#next = null
      this.drawn += STEP
    }, PAUSE_MS)
  }

  #look(entries: readonly IntersectionObserverEntry[]): void {
    const seen = new Set(this.seen)
    for (const { target, isIntersecting } of entries) {
      const id = target instanceof HTMLElement ? target.dataset['id'] : undefined
      if (id === undefined) continue
      if (isIntersecting) seen.add(id)
      else seen.delete(id)
    }
    this.seen = seen
  }
}

customElements.define('zazen-stream-cards', ZazenStreamCards)
