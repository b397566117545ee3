import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { PredictionView, StreamView } from '../neuron/snapshot.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import { coverageWords, formatForecast, plural, sentence, skillWords } from './format.ts'
import { ago } from './marks.ts'
import { silenceWords } from './words/engine.ts'

/** Characters of a number that fit the column at full size. */
const LONG = 8

/**
 * The newest prediction with its interval, what it follows and how good such predictions have been. Properties:
 * `desk`, `stream`, `expected` (when its row may come, seconds since 1970; null: not known), `now`.
 */
export class ZazenNextValue extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, expected: { attribute: false }, now: { type: Number } }
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
      p + p,
      h2 + .soft {
        margin-top: 0.5rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare expected: number | null
  declare now: number

  override render() {
    const { stream } = this
    if (stream.forked) return html`<h2>${msg('Next value')}</h2>
      <p class="soft">${msg('Nothing is predicted of a history that nobody can believe.')}</p>`
    if (stream.lastPrediction !== null) return this.#made(stream, stream.lastPrediction)
    const learning = stream.behind > 0 ? msg(str`learning: ${plural(stream.behind, 'row')} to go`) : msg('no prediction yet')
    const why = stream.notPredictable === null ? learning : silenceWords(stream.notPredictable)
    return html`<h2>${msg('Next value')}</h2>
      <p class="soft">${sentence(why)}.</p>`
  }

  #made({ account, behind }: StreamView, prediction: PredictionView) {
    const { value, lower, upper } = formatForecast(prediction)
    const { row, hash } = prediction.follows
    return html`<h2>${msg('Next value')}</h2>
      <p data-prediction><strong class=${value.length > LONG ? 'long' : ''} title=${prediction.value}>${value}</strong></p>
      <p class="number">${msg('90 % interval')}<br />${lower} … ${upper}</p>
      ${this.expected === null ? nothing : expectedWords(this.expected, this.now)}
      <p class="soft small">
        ${msg(html`follows row ${row} (<zazen-copy .desk=${this.desk} label=${msg('fingerprint of the row')} text=${hash}></zazen-copy>)`)},
        ${prediction.kind === 'start-up' ? msg(html`made ${ago(prediction.time, this.now)} at start-up`) : msg(html`made ${ago(prediction.time, this.now)}`)}
      </p>
      ${account === null
        ? nothing
        : html`<p class="small">${sentence(skillWords(account.relMae))}; ${coverageWords(account.coverage)}.</p>`}
      ${behind > 0 ? html`<p class="soft small">${msg(str`${plural(behind, 'row')} still to learn.`)}</p>` : nothing}`
  }
}

/** One step after the last row, as far apart as the last two. */
const expectedWords = (seconds: number, now: number) => {
  const when = ago(new Date(seconds * 1000).toISOString(), now)
  return html`<p class="small" data-expected>${seconds * 1000 > now ? msg(html`Its row is expected ${when}.`) : msg(html`Its row was expected ${when}.`)}</p>`
}

customElements.define('zazen-next-value', ZazenNextValue)
