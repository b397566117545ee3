import { LitElement, css, html, svg } from 'lit'
import type { SeriesView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { sparkPath } from './spark-path.ts'
import { Refresh } from './refresh.ts'
import { base, curves } from './elements.ts'

/** Rows looked back on and points drawn: a card is a glance, and a page of cards must not read whole histories. */
const LAST_ROWS = 160
const POINTS = 80
/** A card is drawn again at most this often. */
const REDRAW_MS = 5000

/**
 * The last rows of a stream as one quiet line. Loads only when it comes into view. Properties: `desk`, `streamId`,
 * `rows`.
 */
export class ZazenSparkline extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    rows: { type: Number },
    path: { state: true },
  }
  static override styles = [
    base,
    curves,
    css`
      svg {
        display: block;
        width: 100%;
        height: 3rem;
        overflow: visible;
      }
    `,
  ]

  declare desk: Desk
  declare streamId: string
  declare rows: number
  declare path: string
  readonly #refresh: Refresh = new Refresh(this, REDRAW_MS, () => this.#load())
  #watch: IntersectionObserver | null = null
  #seen = false

  constructor() {
    super()
    this.streamId = ''
    this.rows = 0
    this.path = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch = new IntersectionObserver((entries) => {
      this.#seen = entries.some((entry) => entry.isIntersecting)
      if (this.#seen) this.#refresh.want(`${this.streamId}/${this.rows}`)
    })
    this.#watch.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#watch?.disconnect()
    this.#watch = null
  }

  override render() {
    return html`<svg
        viewBox="0 0 100 20"
        preserveAspectRatio="none"
        aria-hidden="true"
      >${svg`<path d=${this.path}></path>`}</svg>`
  }

  protected override updated(): void {
    if (this.#seen) this.#refresh.want(`${this.streamId}/${this.rows}`)
  }

  async #load(): Promise<void> {
    const id = this.streamId
    const series: SeriesView = await this.desk.neuron.series(id, { points: POINTS, last: LAST_ROWS })
    if (id === this.streamId) this.path = sparkPath(series.value)
  }
}

customElements.define('zazen-sparkline', ZazenSparkline)
