import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { PredictedSeriesView, PredictionView, SeriesView, StreamView } from '../neuron/snapshot.ts'
import './account.ts'
import type { Desk } from './desk.ts'
import { formatCount, plural } from './format.ts'
import './next-value.ts'
import './observe-form.ts'
import './plot.ts'
import './error-plot.ts'
import { errorsOverTime, type ErrorsOverTime } from './errors-over-time.ts'
import { mergeSeries, type PlotData } from './plot-data.ts'
import './predictors.ts'
import { Refresh } from './refresh.ts'
import './rows-tables.ts'
import './loose-rows.ts'
import './stream-care.ts'
import type { ZazenStreamHead } from './stream-head.ts'
import './stream-head.ts'
import './stream-trouble.ts'
import { OVER_BUDGET, emptyWords, isTroubled, lostRowsOf, mayAdd } from './standing.ts'
import type { HistoryRow } from './rows-tables.ts'
import { shared } from './elements.ts'
import './transfer.ts'

/** More points than pixels show nothing and cost a long task. */
const POINTS = 1200
/** Own predictions laid over the history; each is one more point. */
const MAX_PREDICTED = 1000
/** Every row that these predictions are about, and the one before the first: twice as many points as rows leave none out. */
const EXACT = { points: 2 * (MAX_PREDICTED + 1), last: MAX_PREDICTED + 1 } as const
const TABLE_ROWS = 20
const RELOAD_MS = 1000

const RANGES = [{ last: 200 }, { last: 2000 }, { last: null }] as const

type Range = (typeof RANGES)[number]

interface Loaded {
  readonly view: string
  readonly plot: PlotData
  /** When the next row may be expected, seconds since 1970; null: nobody can say. */
  readonly expected: number | null
  /** Null: nothing is predicted. */
  readonly errors: ErrorsOverTime | null
  readonly history: readonly HistoryRow[]
  readonly predictions: readonly PredictionView[]
}

const NO_ROWS: SeriesView = { time: [], value: [], row: [], rows: 0 }
const NO_PREDICTIONS: PredictedSeriesView = { time: [], row: [], value: [], lower: [], upper: [] }

/** One stream: what it is, how it goes on, why that is believed. Properties: `desk`, `streamId`, `stream`, `holders`, `now`. */
export class ZazenStreamPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    stream: { attribute: false },
    now: { type: Number },
    holders: { type: Number },
    range: { state: true },
    loaded: { state: true },
  }
  static override styles = [
    shared,
    css`
      .stack {
        gap: 1.5rem;
      }
      .hero {
        display: grid;
        grid-template-columns: minmax(0, 15rem) minmax(0, 1fr);
        gap: 1rem 2rem;
      }
      .ranges {
        margin-bottom: 0.5rem;
        gap: 0.25rem;
      }
      .ranges button {
        min-height: 2rem;
        padding: 0.25rem 0.625rem;
        font-size: var(--small);
      }
      @media (width < 52rem) {
        .hero {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ]

  declare desk: Desk
  declare streamId: string
  declare stream: StreamView | null
  declare now: number
  /** Peers connected now that have it, too. */
  declare holders: number
  declare range: Range
  declare loaded: Loaded | null
  readonly #refresh: Refresh = new Refresh(this, RELOAD_MS, () => this.#load())

  constructor() {
    super()
    this.streamId = ''
    this.stream = null
    this.now = 0
    this.holders = 0
    this.range = RANGES[0]
    this.loaded = null
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('streamId')) return
    this.loaded = null
    this.#refresh.hurry()
  }

  protected override updated(): void {
    const { stream } = this
    if (stream === null || stream.rows === 0) return
    const { time, follows } = stream.lastPrediction ?? {}
    this.#refresh.want([stream.id, stream.rows, stream.forked, time, follows?.row, this.range.last].join('/'))
  }

  override render() {
    const { stream } = this
    if (stream === null) {
      return html`<div class="stack">
        <h1>${msg('This stream is not known here')}</h1>
        <p class="soft">${msg(html`No stream with the id <code>${this.streamId}</code> is kept by this node or listed at the server now.`)}</p>
        <p><a href="#/">${msg('All streams')}</a></p>
      </div>`
    }
    return html`<div class="stack">
      <zazen-stream-head .desk=${this.desk} .stream=${stream} .holders=${this.holders} .now=${this.now}></zazen-stream-head>
      ${isTroubled(stream)
        ? html`<zazen-stream-trouble .desk=${this.desk} .stream=${stream} .done=${() => this.#focusTitle()}></zazen-stream-trouble>`
        : nothing}
      ${stream.transfer === null || lostRowsOf(stream)?.arriving === false
        ? nothing
        : html`<section class="sheet" aria-label=${msg('Transfer')}><zazen-transfer
            .transfer=${stream.transfer}
            .rows=${stream.rows}
          ></zazen-transfer></section>`}
      ${stream.rows === 0 ? this.#nothingYet(stream) : this.#history(stream)}
      ${stream.loose === null
        ? nothing
        : html`<zazen-loose-rows .desk=${this.desk} .stream=${stream}></zazen-loose-rows>`}
      ${stream.follows === null && !stream.keyless ? html`<zazen-predictors .desk=${this.desk} .stream=${stream}></zazen-predictors>` : nothing}
      ${stream.kept
        ? html`<zazen-stream-care .desk=${this.desk} .stream=${stream} .now=${this.now}></zazen-stream-care>`
        : nothing}
    </div>`
  }

  #nothingYet(stream: StreamView) {
    if (stream.own) return this.#observeForm(stream)
    // Its trouble says when it goes on.
    if (stream.forked || stream.problem?.code === OVER_BUDGET) return nothing
    if (stream.transfer !== null)
      return html`<p class="soft">${msg('Rows appear when the whole history has arrived and all of it has been checked.')}</p>`
    if (stream.follows !== null && !stream.subscribed)
      return html`<p class="soft">${msg(str`Subscribe to fetch ${plural(stream.knownRows, 'row')} from other tabs and to check every one of them.`)}</p>`
    return html`<p class="soft">${emptyWords(stream)}</p>`
  }

  #history(stream: StreamView) {
    const { loaded } = this
    return html`
      <section class="sheet hero" aria-label=${msg('History and prediction')}>
        ${stream.follows === null
          ? html`<zazen-next-value .desk=${this.desk} .stream=${stream} .expected=${loaded?.expected ?? null} .now=${this.now}></zazen-next-value>`
          : html`<p class="soft">${msg('What another node expects, one row for each prediction. They are plotted at the time at which they were made.')}</p>`}
        <div>
          <div class="row ranges" role="group" aria-label=${msg('Rows shown')}>
            ${RANGES.map((range) => html`<button
                aria-pressed=${range === this.range}
                @click=${() => this.#look(range)}
              >${rangeWords(range)}</button>`)}
          </div>
          <zazen-plot
            .data=${loaded?.plot ?? null}
            .view=${loaded?.view ?? ''}
            .label=${msg(str`Plot of ${stream.name}: ${plural(stream.rows, 'row')}; the last rows stand in the table below`)}
          ></zazen-plot>
        </div>
      </section>
      ${this.#observeForm(stream)}
      <zazen-rows-tables
        .desk=${this.desk}
        .history=${loaded?.history ?? null}
        .predictions=${loaded?.predictions ?? null}
      ></zazen-rows-tables>
      ${loaded === null || loaded.errors === null || stream.forked ? nothing : html`<zazen-error-plot .errors=${loaded.errors}></zazen-error-plot>`}
      ${stream.account === null || stream.forked ? nothing : html`<zazen-account .account=${stream.account}></zazen-account>`}
    `
  }

  #observeForm(stream: StreamView) {
    if (!mayAdd(stream)) return nothing
    return html`<zazen-observe-form .desk=${this.desk} .streamId=${stream.id} .rows=${stream.rows}></zazen-observe-form>`
  }

  #focusTitle(): void {
    this.renderRoot.querySelector<ZazenStreamHead>('zazen-stream-head')?.focusTitle()
  }

  #look(range: Range): void {
    this.range = range
    this.#refresh.hurry()
  }

  async #load(): Promise<void> {
    const { neuron } = this.desk
    const { streamId: id, range } = this
    const isPredicted = this.stream?.lastPrediction !== null && this.stream?.forked !== true
    const [series, exact, overlay, history, predictions] = await Promise.all([
      neuron.series(id, range.last === null ? { points: POINTS } : { points: POINTS, last: range.last }),
      isPredicted ? neuron.series(id, EXACT) : NO_ROWS,
      isPredicted ? neuron.predictedSeries(id, { last: MAX_PREDICTED }) : NO_PREDICTIONS,
      neuron.history(id, { last: TABLE_ROWS }),
      neuron.predictions(id, { last: TABLE_ROWS }),
    ])
    if (id !== this.streamId) return
    const expected = overlay.row.at(-1) === series.rows ? (overlay.time.at(-1) ?? null) : null
    this.loaded = { view: String(range.last), plot: mergeSeries(series, overlay), expected, errors: isPredicted ? errorsOverTime(exact, overlay) : null, history, predictions }
  }
}

const rangeWords = ({ last }: Range): string => (last === null ? msg('All') : msg(str`Last ${formatCount(last)}`))

customElements.define('zazen-stream-page', ZazenStreamPage)
