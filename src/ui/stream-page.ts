import { LitElement, css, html, nothing } from 'lit'
import type { PredictedSeriesView, PredictionView, StreamView } from '../neuron/snapshot.ts'
import './account.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { coverageWords, formatForecast, plural, sentence, skillWords } from './format.ts'
import { ago, foreign, markStyles, verifiedMark } from './marks.ts'
import './observe-form.ts'
import './plot.ts'
import { mergeSeries, type PlotData } from './plot-data.ts'
import { Refresh } from './refresh.ts'
import './rows-tables.ts'
import type { HistoryRow } from './rows-tables.ts'
import { shared } from './theme.ts'
import './transfer.ts'
import { Work } from './work.ts'

/** More points than pixels show nothing and cost a long task. */
const POINTS = 1200
/** Own predictions laid over the history; each is one more point. */
const MAX_PREDICTED = 1000
const TABLE_ROWS = 20
const RELOAD_MS = 1000

const RANGES = [
  { label: 'Last 200', last: 200 },
  { label: 'Last 2,000', last: 2000 },
  { label: 'All', last: null },
] as const

type Range = (typeof RANGES)[number]

interface Loaded {
  readonly view: string
  readonly plot: PlotData
  readonly history: readonly HistoryRow[]
  readonly predictions: readonly PredictionView[]
}

const NO_PREDICTIONS: PredictedSeriesView = { time: [], value: [], lower: [], upper: [] }

/** One stream: what it is, how it goes on, why that is believed. Properties: `desk`, `streamId`, `stream`, `now`. */
export class ZazenStreamPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    stream: { attribute: false },
    now: { type: Number },
    range: { state: true },
    loaded: { state: true },
  }
  static override styles = [
    shared,
    markStyles,
    css`
      .page {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.5rem;
      }
      .facts {
        margin: 0.625rem 0 0;
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.25rem;
        font-size: 0.875rem;
      }
      .facts div {
        display: flex;
        gap: 0.375rem;
        min-width: 0;
        max-width: 100%;
      }
      dt {
        color: var(--soft);
      }
      dd {
        margin: 0;
        min-width: 0;
      }
      .top {
        justify-content: space-between;
        align-items: start;
      }
      .next strong {
        display: block;
        font: 400 clamp(2.25rem, 1.8rem + 2vw, 3.25rem) / 1.1 var(--serif);
        color: var(--accent);
        font-variant-numeric: lining-nums;
        overflow-wrap: anywhere;
      }
      .hero {
        display: grid;
        grid-template-columns: minmax(0, 15rem) minmax(0, 1fr);
        gap: 1rem 2rem;
      }
      .next p + p {
        margin-top: 0.5rem;
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
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr));
        gap: 1.5rem;
        align-items: start;
      }
      dialog {
        color: var(--ink);
        background: var(--sheet);
        border: 1px solid var(--strong-line);
        border-radius: var(--round);
        padding: 1.25rem 1.5rem;
        max-width: min(28rem, calc(100vw - 2rem));
      }
      dialog::backdrop {
        background: #000a;
      }
      dialog h2 {
        margin-bottom: 0.5rem;
      }
      dialog .row {
        justify-content: end;
        margin-top: 1.25rem;
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
  declare range: Range
  declare loaded: Loaded | null
  readonly #work = new Work(this)
  readonly #refresh: Refresh = new Refresh(this, RELOAD_MS, () => this.#load())

  constructor() {
    super()
    this.streamId = ''
    this.stream = null
    this.now = 0
    this.range = RANGES[0]
    this.loaded = null
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('streamId')) this.loaded = null
  }

  protected override updated(): void {
    const { stream } = this
    if (stream === null || stream.rows === 0) return
    this.#refresh.want([stream.id, stream.rows, stream.lastPrediction?.time, stream.lastPrediction?.follows.row, this.range.label].join('/'))
  }

  override render() {
    const { stream } = this
    if (stream === null) {
      return html`<div class="page">
        <h1>This stream is not known here</h1>
        <p class="soft">No stream with the id <code>${this.streamId}</code> is kept by this node or listed at the server now.</p>
        <p><a href="#/">All streams</a></p>
      </div>`
    }
    return html`<div class="page">
      ${this.#head(stream)}
      ${stream.problem === null ? nothing : html`<p class="sheet bad" role="alert"><bdi dir="auto">${stream.problem.message}</bdi> <code>${stream.problem.code}</code></p>`}
      ${stream.transfer === null ? nothing : html`<section class="sheet" aria-label="Transfer"><zazen-transfer .transfer=${stream.transfer}></zazen-transfer></section>`}
      ${stream.rows === 0 ? this.#nothingYet(stream) : this.#history(stream)}
      ${this.#confirm(stream)}
    </div>`
  }

  #head(stream: StreamView) {
    return html`<div>
      <div class="row top">
        <h1>${foreign(stream.name)}</h1>
        <div class="row">${this.#actions(stream)}</div>
      </div>
      <dl class="facts">
        <div><dt>source</dt><dd>${foreign(stream.source)}</dd></div>
        ${stream.target === '' ? nothing : html`<div><dt>target</dt><dd>${foreign(stream.target)}</dd></div>`}
        <div><dt>publisher</dt><dd>${stream.own ? 'this node, ' : nothing}<zazen-copy .desk=${this.desk} label="publisher key" text=${stream.publisher}></zazen-copy></dd></div>
        <div><dt>rows</dt><dd class="number" data-rows=${stream.rows}>${this.#rows(stream)}</dd></div>
        ${stream.head === null ? nothing : html`<div><dt>head</dt><dd><zazen-copy .desk=${this.desk} label="head hash" text=${stream.head}></zazen-copy></dd></div>`}
        ${stream.headTime === null ? nothing : html`<div><dt>signed</dt><dd>${ago(stream.headTime, this.now)}</dd></div>`}
        ${stream.rows === 0 ? nothing : html`<div><dt class="seen-by-readers">state</dt><dd>${verifiedMark(stream)}</dd></div>`}
        ${stream.subscribers === null ? nothing : html`<div><dt>subscribers</dt><dd class="number">${stream.subscribers}</dd></div>`}
        ${stream.paused ? html`<div><dt class="seen-by-readers">state</dt><dd>‖ paused</dd></div>` : nothing}
      </dl>
    </div>`
  }

  #rows(stream: StreamView) {
    const here = plural(stream.rows, 'row').split(' ')[0] ?? ''
    return stream.knownRows > stream.rows ? html`${here} of ${plural(stream.knownRows, 'row').split(' ')[0]}` : here
  }

  #actions(stream: StreamView) {
    const { neuron } = this.desk
    const kept = stream.own || stream.subscribed
    const pause = this.#work.button({
      key: 'pause',
      label: stream.paused ? 'Resume' : 'Pause',
      what: stream.paused ? 'Resuming' : 'Pausing',
      action: () => neuron.setPaused(stream.id, !stream.paused),
    })
    const subscribe = this.#work.button({
      key: 'subscribe',
      label: 'Subscribe',
      look: 'primary',
      what: 'Subscribing',
      action: () => neuron.subscribe(stream.id),
    })
    if (!kept) return subscribe
    return html`${pause}${stream.own ? nothing : html`<button aria-haspopup="dialog" @click=${() => this.#dialog()?.showModal()}>Unsubscribe</button>`}`
  }

  #nothingYet(stream: StreamView) {
    if (stream.own) return html`<zazen-observe-form .desk=${this.desk} .streamId=${stream.id}></zazen-observe-form>`
    if (stream.transfer !== null) return html`<p class="soft">Rows appear when the whole history has arrived and every page of it has been checked.</p>`
    return html`<p class="soft">
      ${stream.subscribed
        ? 'Subscribed. The history arrives as soon as a peer serves it.'
        : `Subscribe to fetch ${plural(stream.knownRows, 'row')} from other tabs, check every one of them and predict the next.`}
    </p>`
  }

  #history(stream: StreamView) {
    const { loaded } = this
    return html`
      <section class="sheet hero" aria-label="History and prediction">
        ${this.#next(stream)}
        <div>
          <div class="row ranges" role="group" aria-label="Rows shown">
            ${RANGES.map((range) => html`<button aria-pressed=${range === this.range} @click=${() => (this.range = range)}>${range.label}</button>`)}
          </div>
          <zazen-plot .data=${loaded?.plot ?? null} .view=${loaded?.view ?? ''} .label=${`Plot of ${stream.name}: ${plural(stream.rows, 'row')}; the last rows stand in the table below`}></zazen-plot>
        </div>
      </section>
      ${stream.own ? html`<zazen-observe-form .desk=${this.desk} .streamId=${stream.id}></zazen-observe-form>` : nothing}
      <zazen-rows-tables .desk=${this.desk} .history=${loaded?.history ?? null} .predictions=${loaded?.predictions ?? null}></zazen-rows-tables>
      ${stream.account === null ? nothing : html`<zazen-account .account=${stream.account}></zazen-account>`}
    `
  }

  #next(stream: StreamView) {
    const prediction = stream.lastPrediction
    if (prediction === null) {
      const why = stream.notPredictable ?? (stream.behind > 0 ? `learning: ${plural(stream.behind, 'row')} to go` : 'no prediction yet')
      return html`<div class="next"><h2>Next value</h2><p class="soft">${sentence(why)}.</p></div>`
    }
    const { value, lower, upper } = formatForecast(prediction)
    return html`<div class="next" data-prediction>
      <h2>Next value</h2>
      <p><strong title=${prediction.value}>${value}</strong></p>
      <p class="number">90 % interval<br />${lower} … ${upper}</p>
      <p class="soft small">
        follows row ${prediction.follows.row} (<zazen-copy .desk=${this.desk} label="observation hash" text=${prediction.follows.hash}></zazen-copy>), made
        ${ago(prediction.time, this.now)}${prediction.kind === 'start-up' ? ' at start-up' : ''}
      </p>
      ${stream.account === null ? nothing : html`<p class="small">${sentence(skillWords(stream.account.relMae))}; ${coverageWords(stream.account.coverage)}.</p>`}
      ${stream.behind > 0 ? html`<p class="soft small">${plural(stream.behind, 'row')} still to learn.</p>` : nothing}
    </div>`
  }

  #confirm(stream: StreamView) {
    return html`<dialog aria-labelledby="sure">
      <h2 id="sure">Unsubscribe from ${foreign(stream.name)}?</h2>
      <p class="soft">New rows stop arriving and this node stops predicting the stream. You can subscribe again whenever somebody serves it.</p>
      <div class="row">
        <button autofocus @click=${() => this.#dialog()?.close()}>Keep it</button>
        ${this.#work.button({
          key: 'unsubscribe',
          label: 'Unsubscribe',
          look: 'primary',
          what: 'Unsubscribing',
          action: () => this.#unsubscribe(stream.id),
        })}
      </div>
    </dialog>`
  }

  async #unsubscribe(id: string): Promise<void> {
    try {
      await this.desk.neuron.unsubscribe(id)
    } finally {
      this.#dialog()?.close()
    }
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }

  async #load(): Promise<void> {
    const { neuron } = this.desk
    const { streamId: id, range } = this
    const rows = range.last ?? Number.POSITIVE_INFINITY
    const predicted = Math.min(rows, MAX_PREDICTED)
    const [series, overlay, history, predictions] = await Promise.all([
      neuron.series(id, range.last === null ? { points: POINTS } : { points: POINTS, last: range.last }),
      this.stream?.lastPrediction === null ? NO_PREDICTIONS : neuron.predictedSeries(id, { last: predicted }),
      neuron.history(id, { last: TABLE_ROWS }),
      neuron.predictions(id, { last: TABLE_ROWS }),
    ])
    if (id === this.streamId) this.loaded = { view: range.label, plot: mergeSeries(series, overlay), history, predictions }
  }
}

customElements.define('zazen-stream-page', ZazenStreamPage)
