import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { LooseRowView, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { base, tables } from './elements.ts'
import { formatCount, formatForecast, formatUtc } from './format.ts'
import { Refresh } from './refresh.ts'
import { looseWords, markWords } from './standing.ts'

const SHOWN_ROWS = 20
const RELOAD_MS = 1000

/**
 * Rows that no signature covers, each with what it is believed on, apart from those that were verified. Properties: `desk`,
 * `stream`.
 */
export class ZazenLooseRows extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, rows: { state: true } }
  static override styles = [
    base,
    tables,
    css`
      .sheet {
        border-style: dashed;
        border-color: var(--strong-line);
      }
      p {
        max-width: 46rem;
        margin: 0.5rem 0 0.75rem;
      }
      .scroller {
        max-height: 24rem;
        overflow: auto;
      }
      table {
        max-width: 40rem;
      }
      td.why {
        white-space: normal;
      }
      thead th {
        position: sticky;
        top: 0;
        background: var(--sheet);
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare rows: readonly LooseRowView[] | null
  readonly #refresh: Refresh = new Refresh(this, RELOAD_MS, () => this.#load())
  #shown = ''

  constructor() {
    super()
    this.rows = null
  }

  protected override willUpdate(): void {
    if (this.#shown !== this.stream.id) this.rows = null
    this.#shown = this.stream.id
  }

  protected override updated(): void {
    const { id, loose } = this.stream
    if (loose !== null) this.#refresh.want(`${id}/${loose.edition}/${loose.rows}`)
  }

  override render() {
    const { loose, keyless, rows } = this.stream
    if (loose === null) return nothing
    return html`<section class="sheet" data-loose=${loose.rows}>
      <h2 id="title">${msg('Rows without a signature')}</h2>
      <p>
        ${looseWords(loose)} ${loose.walking ? msg('Earlier ones are being asked for.') : nothing}
      </p>
      <p class="soft">
        ${keyless
          ? msg('Nobody signs this stream, so nobody can prove its rows: they are what peers say.')
          : msg('They came one by one from peers, to be of use before the signed history is here. Signed rows take their place as soon as they arrive.')}
        ${rows > 0 ? msg('They are never counted as verified and stand in none of the tables above.') : msg('They are never counted as verified.')}
      </p>
      ${loose.forecast === null ? nothing : this.#forecast(loose.forecast)}
      ${this.rows === null ? html`<p class="soft">${msg('Reading…')}</p>` : this.#table(this.rows, loose.rows)}
    </section>`
  }

  #forecast(forecast: { readonly value: string; readonly lower: string; readonly upper: string }) {
    const { value, lower, upper } = formatForecast(forecast)
    return html`<p data-unsigned-forecast>
      ${msg(html`If they are true, the next value is about <strong class="number">${value}</strong> <span class="number">(${lower} … ${upper})</span>.`)}
      ${msg('Made for you alone: what follows from unsigned rows is not published.')}
    </p>`
  }

  #table(rows: readonly LooseRowView[], total: number) {
    return html`<div class="scroller" tabindex="0" role="region" aria-labelledby="title">
      <table>
        <caption>${rows.length < total ? msg(str`The last ${formatCount(rows.length)} of ${formatCount(total)}, newest first`) : msg('Newest first')}</caption>
        <thead>
          <tr>
            <th scope="col">${msg('Time (UTC)')}</th>
            <th class="end" scope="col">${msg('Value')}</th>
            <th scope="col">${msg('Based on')}</th>
          </tr>
        </thead>
        <tbody>
          ${[...rows].reverse().map(
            (row) => html`<tr>
              <td class="number">${formatUtc(row.time)}</td>
              <td class="end number cut" title=${row.value}><bdi dir="auto">${row.value}</bdi></td>
              <td class="soft why">${markWords(row.mark)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }

  async #load(): Promise<void> {
    const { id } = this.stream
    const rows = await this.desk.neuron.looseRows(id, { last: SHOWN_ROWS })
    if (id === this.stream.id) this.rows = rows
  }
}

customElements.define('zazen-loose-rows', ZazenLooseRows)
