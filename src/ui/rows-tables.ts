import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { PredictionView } from '../neuron/snapshot.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { formatForecast, formatUtc } from './format.ts'
import { base, tables } from './elements.ts'

export interface HistoryRow {
  readonly row: number
  readonly time: string
  readonly value: string
  readonly hash: string
}

/**
 * What the plot shows, as tables: the last rows with their hashes, the last predictions and what they follow. Newest
 * first.
 */
export class ZazenRowsTables extends LitElement {
  static override properties = {
    desk: { attribute: false },
    history: { attribute: false },
    predictions: { attribute: false },
  }
  static override styles = [
    base,
    tables,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr));
        gap: 1.5rem;
        align-items: start;
      }
      .scroller {
        max-height: 24rem;
        overflow: auto;
      }
      thead th {
        position: sticky;
        top: 0;
        background: var(--sheet);
      }
      h2 {
        margin-bottom: 0.625rem;
      }
    `,
  ]

  declare desk: Desk
  declare history: readonly HistoryRow[] | null
  declare predictions: readonly PredictionView[] | null

  constructor() {
    super()
    this.history = null
    this.predictions = null
  }

  override render() {
    return html`<section class="sheet" aria-labelledby="rows">
        <h2 id="rows">${msg('Last rows')}</h2>
        ${this.history === null ? html`<p class="soft">${msg('Reading…')}</p>` : this.#history(this.history)}
      </section>
      <section class="sheet" aria-labelledby="made">
        <h2 id="made">${msg('Last predictions')}</h2>
        ${this.predictions === null ? html`<p class="soft">${msg('Reading…')}</p>` : this.#predictions(this.predictions)}
      </section>`
  }

  #history(rows: readonly HistoryRow[]) {
    return html`<div class="scroller" tabindex="0" role="region" aria-label=${msg('Table of the last rows')}>
      <table>
        <thead>
          <tr>
            <th class="end" scope="col">${msg('Row')}</th>
            <th scope="col">${msg('Time (UTC)')}</th>
            <th class="end" scope="col">${msg('Value')}</th>
            <th scope="col">${msg('Fingerprint')}</th>
          </tr>
        </thead>
        <tbody>
          ${[...rows].reverse().map(
            (row) => html`<tr>
              <td class="end number">${row.row}</td>
              <td class="number">${formatUtc(row.time)}</td>
              <td class="end number cut" title=${row.value}><bdi dir="auto">${row.value}</bdi></td>
              <td><zazen-copy .desk=${this.desk} label=${msg(str`fingerprint of row ${row.row}`)} text=${row.hash}></zazen-copy></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }

  #predictions(predictions: readonly PredictionView[]) {
    if (predictions.length === 0) return html`<p class="soft">${msg('None yet. One follows every new row.')}</p>`
    return html`<div class="scroller" tabindex="0" role="region" aria-label=${msg('Table of predictions')}>
      <table>
        <thead>
          <tr>
            <th scope="col">${msg('Made (UTC)')}</th>
            <th class="end" scope="col">${msg('Value')}</th>
            <th scope="col">${msg('90 % interval')}</th>
            <th scope="col">${msg('Follows')}</th>
          </tr>
        </thead>
        <tbody>
          ${[...predictions].reverse().map((prediction) => {
            const { value, lower, upper } = formatForecast(prediction)
            return html`<tr>
              <td class="number">${formatUtc(prediction.time.replace(/\.\d+/, ''))}</td>
              <td class="end number" title=${prediction.value}>${value}</td>
              <td class="number">${lower} … ${upper}</td>
              <td class="number">${followsWords(prediction)}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>`
  }
}

const followsWords = ({ kind, follows }: PredictionView): string =>
  kind === 'start-up' ? msg(str`row ${follows.row} (start-up)`) : msg(str`row ${follows.row}`)

customElements.define('zazen-rows-tables', ZazenRowsTables)
