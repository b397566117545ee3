import { LitElement, css, html, nothing } from 'lit'
import type { PredictionView, StreamView } from '../neuron/snapshot.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import { coverageWords, formatForecast, plural, sentence, skillWords } from './format.ts'
import { ago } from './marks.ts'

/** Characters of a number that fit the column at full size. */
const LONG = 8

/**
 * The newest prediction with its interval, what it follows and how good such predictions have been. Properties:
 * `desk`, `stream`, `now`.
 */
export class ZazenNextValue extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, now: { type: Number } }
  static override styles = [
    base,
    css`
      strong {
        display: block;
        font: 400 clamp(2.25rem, 1.8rem + 2vw, 3.25rem) / 1.1 var(--serif);
        color: var(--accent);
        font-variant-numeric: lining-nums;
        overflow-wrap: anywhere;
      }
      /* A number that breaks reads as two. */
      strong.long {
        font-size: 1.75rem;
      }
      p + p {
        margin-top: 0.5rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare now: number

  override render() {
    const { stream } = this
    if (stream.forked) return html`<h2>Next value</h2>
      <p class="soft">Nothing is predicted of a history that nobody can believe.</p>`
    if (stream.lastPrediction !== null) return this.#made(stream, stream.lastPrediction)
    const learning = stream.behind > 0 ? `learning: ${plural(stream.behind, 'row')} to go` : 'no prediction yet'
    const why = stream.notPredictable ?? learning
    return html`<h2>Next value</h2>
      <p class="soft">${sentence(why)}.</p>`
  }

  #made({ account, behind }: StreamView, prediction: PredictionView) {
    const { value, lower, upper } = formatForecast(prediction)
    const { row, hash } = prediction.follows
    return html`<h2>Next value</h2>
      <p data-prediction><strong class=${value.length > LONG ? 'long' : ''} title=${prediction.value}>${value}</strong></p>
      <p class="number">90 % interval<br />${lower} … ${upper}</p>
      <p class="soft small">
        follows row ${row} (<zazen-copy .desk=${this.desk} label="observation hash" text=${hash}></zazen-copy>), made
        ${ago(prediction.time, this.now)}${prediction.kind === 'start-up' ? ' at start-up' : ''}
      </p>
      ${account === null
        ? nothing
        : html`<p class="small">${sentence(skillWords(account.relMae))}; ${coverageWords(account.coverage)}.</p>`}
      ${behind > 0 ? html`<p class="soft small">${plural(behind, 'row')} still to learn.</p>` : nothing}`
  }
}

customElements.define('zazen-next-value', ZazenNextValue)
