import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { PredictionView, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { formatForecast, plural, sentence, skillShort } from './format.ts'
import { ago, foreign, markStyles, verifiedMark } from './marks.ts'
import { hrefOf } from './router.ts'
import { looseWords, lostRowsOf, lostWords } from './standing.ts'
import './sparkline.ts'
import { nameWords } from './stream-name.ts'
import { shared } from './elements.ts'
import './transfer.ts'
import { silenceWords } from './words/engine.ts'
import { failureWords } from './words/tell.ts'
import { Work } from './work.ts'

/** One kept stream at a glance. Properties: `desk`, `stream`, `now`; `awake`: what is new is drawn, else it is when that turns true. */
export class ZazenStreamCard extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, now: { type: Number }, awake: { attribute: false } }
  static override styles = [
    shared,
    markStyles,
    css`
      :host {
        height: 100%;
      }
      h2 {
        font-size: 1.0625rem;
      }
      article {
        height: 100%;
        display: flex;
        flex-direction: column;
        gap: 0.625rem;
      }
      .name {
        text-decoration: none;
      }
      .name:hover {
        text-decoration: underline;
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.125rem 0.75rem;
        font-size: var(--small);
        color: var(--soft);
      }
      .next {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 0.5rem;
      }
      .next strong {
        font: 400 1.75rem/1.2 var(--serif);
        color: var(--accent);
        font-variant-numeric: lining-nums;
      }
      .bottom {
        margin-top: auto;
        display: flex;
        align-items: end;
        justify-content: space-between;
        gap: 0.5rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare now: number
  declare awake: boolean
  readonly #work = new Work(this)

  constructor() {
    super()
    this.awake = true
  }

  protected override shouldUpdate(): boolean {
    return this.awake || !this.hasUpdated
  }

  override render() {
    const { stream } = this
    const lost = lostRowsOf(stream)
    return html`<article class="sheet" aria-labelledby="name">
      <div>
        <h2 id="name"><a
            class="name clamp"
            href=${hrefOf({ page: 'stream', id: stream.id })}
          >${foreign(nameWords(stream))}</a></h2>
        <div class="facts">
          <span class="clamp">${stream.own ? msg('published here') : stream.follows === null ? foreign(stream.source) : msg('published by another node')}</span>
          ${stream.rows === 0 && stream.transfer !== null
            ? nothing
            : html`<span class="number">${stream.rows === 0 && stream.loose !== null ? msg('unsigned') : plural(stream.rows, 'row')}</span>`}
          ${verifiedMark(stream)}
          ${stream.paused ? html`<span>${msg('‖ paused')}</span>` : nothing}
        </div>
      </div>
      ${stream.problem === null
        ? nothing
        : html`<p class="bad small"><bdi dir="auto">${failureWords(stream.problem)}</bdi></p>`}
      ${lost === null
        ? nothing
        : html`<p class="bad small">${lost.arriving ? msg('Lost rows are coming back.') : msg(str`This node signed ${lostWords(lost)} that cannot be found here.`)}</p>`}
      ${stream.transfer === null || lost?.arriving === false ? nothing : html`<zazen-transfer .transfer=${stream.transfer} .rows=${stream.rows}></zazen-transfer>`}
      ${stream.rows === 0
        ? nothing
        : html`<zazen-sparkline .desk=${this.desk} .streamId=${stream.id} .rows=${stream.rows}></zazen-sparkline>`}
      <div class="bottom">
        <div>${this.#outlook(stream)}</div>
        ${this.#work.button({
          key: 'pause',
          label: stream.paused ? msg('Resume') : msg('Pause'),
          name: stream.paused ? msg(str`Resume ${stream.name}`) : msg(str`Pause ${stream.name}`),
          look: 'quiet',
          what: () => (stream.paused ? msg('Resuming') : msg('Pausing')),
          action: () => this.desk.neuron.setPaused(stream.id, !stream.paused),
        })}
      </div>
    </article>`
  }

  #outlook(stream: StreamView) {
    if (stream.forked || stream.follows !== null) return nothing
    if (stream.lastPrediction !== null) return this.#next(stream, stream.lastPrediction)
    if (stream.notPredictable !== null) return html`<p class="soft small">${sentence(silenceWords(stream.notPredictable))}.</p>`
    if (stream.transfer !== null && stream.rows === 0 && stream.loose === null) return nothing
    if (stream.rows === 0 && stream.loose !== null) return html`<p class="soft small">${msg(str`Unsigned: ${looseWords(stream.loose)}`)}</p>`
    if (stream.rows === 0) return html`<p class="soft small">${msg('No rows yet.')}</p>`
    if (stream.behind > 0) return html`<p class="soft small">${msg(str`Learning: ${plural(stream.behind, 'row')} to go.`)}</p>`
    return html`<p class="soft small">${msg('No prediction yet.')}</p>`
  }

  #next(stream: StreamView, prediction: PredictionView) {
    const { value, lower, upper } = formatForecast(prediction)
    return html`<p class="next">
        <span class="soft small">${msg('next')}</span><strong>${value}</strong>
        <span class="soft number">${lower} … ${upper}</span>
      </p>
      <p class="soft small facts"><span>${skillShort(stream.account?.relMae ?? null)}</span><span>${ago(prediction.time, this.now)}</span></p>`
  }
}

customElements.define('zazen-stream-card', ZazenStreamCard)
