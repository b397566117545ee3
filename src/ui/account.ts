import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import { findingsWords, searchWords } from './account-words.ts'
import { coverageWords, formatCount, formatHundredths, isOne, skillWords } from './format.ts'
import { controls } from './controls.ts'
import { base } from './elements.ts'
import { methodWords } from './words/engine.ts'

/** Experts below this weight are counted, not listed. */
const SHOWN_WEIGHT = 0.005

/** How the engine arrives at its prediction, and how good that has been. Property: `account`. */
export class ZazenAccount extends LitElement {
  static override properties = { account: { attribute: false } }
  static override styles = [
    base,
    controls,
    css`
      .says {
        margin: 0.375rem 0 1rem;
        max-width: 46rem;
      }
      ul {
        display: grid;
        gap: 0.5rem 2rem;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 9rem) minmax(3rem, 1fr) 3rem;
        gap: 0.25rem 0.75rem;
        align-content: start;
        align-items: center;
        font-size: 0.875rem;
      }
      .number {
        text-align: end;
      }
      .rest {
        margin-top: 0.75rem;
      }
      .than {
        grid-column: 1 / -1;
        margin-top: -0.25rem;
      }
    `,
  ]

  declare account: NonNullable<StreamView['account']>

  override render() {
    const { account } = this
    const listed = account.experts.filter((expert) => expert.weight >= SHOWN_WEIGHT)
    const rest = account.experts.length - listed.length
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('How it is predicted')}</h2>
      <p class="says soft">
        ${account.usesNaive ? msg('Nothing has been shown to beat guessing “no change” on this stream, so that is what is published.') : ''}
        ${msg(str`Over the last ${formatCount(account.scored)} predictions ${skillWords(account.relMae)}; ${coverageWords(account.coverage)}.`)}
        ${msg(str`${formatCount(account.numericRows)} of ${formatCount(account.rowsSeen)} rows learnt from hold a number.`)}
      </p>
      <p class="says soft"><bdi>${findingsWords(account)}</bdi> ${searchWords(account.search)}</p>
      <ul class="plain" aria-label=${msg('Methods by weight')}>
        ${listed.map(
          (expert) => html`<li>
            <span><bdi>${methodWords(expert.name)}</bdi></span>
            <meter min="0" max="1" value=${expert.weight} aria-label=${msg(str`Weight of ${methodWords(expert.name)}`)}></meter>
            <span class="number">${Math.round(expert.weight * 100)} %</span>
            <span class="than soft small">${errorWords(expert.relMae)}</span>
          </li>`,
        )}
      </ul>
      ${rest > 0
        ? html`<p class="soft small rest">${isOne(rest) ? msg('1 more carries almost no weight.') : msg(str`${formatCount(rest)} more carry almost no weight.`)}</p>`
        : ''}
    </section>`
  }
}

const errorWords = (relMae: number | null): string =>
  relMae === null ? msg('no score yet') : msg(str`${formatHundredths(relMae)} × the error of “no change”`)

customElements.define('zazen-account', ZazenAccount)
