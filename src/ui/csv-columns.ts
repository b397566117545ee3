import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { CsvChoice, CsvColumn, CsvPreview, CsvPreviewLine, CsvTimes } from '../neuron/csv-view.ts'
import type { Desk } from './desk.ts'
import { shared, tables } from './elements.ts'
import { formatCount } from './format.ts'
import { toldWords } from './words/tell.ts'
import { Work } from './work.ts'

/**
 * The beginning of a CSV as it would be read: which column is time and which is value, as guessed, until a person says otherwise.
 * Properties: `desk`, `file`, `decided`: told what is read, whenever that changes; undefined until the file was looked at. Nothing may be
 * signed before: what a person has not seen would be read by guess.
 */
export class ZazenCsvColumns extends LitElement {
  static override properties = { desk: { attribute: false }, file: { attribute: false }, decided: { attribute: false }, preview: { state: true }, failed: { state: true } }
  static override styles = [
    shared,
    tables,
    css`
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 0.75rem;
        align-items: end;
        margin-bottom: 0.75rem;
      }
      .choices label:has(select) {
        flex: 1 1 11rem;
        min-width: 0;
      }
      .choices label:has(.times) {
        flex-basis: 17rem;
      }
      select {
        width: 100%;
      }
      th.read,
      td.read {
        background: var(--wash);
      }
      td,
      th {
        padding-inline: 0.5rem;
        max-width: 16rem;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      /* Why a line cannot be read is said to its end. */
      td:last-child {
        min-width: 14rem;
        max-width: none;
        white-space: normal;
      }
    `,
  ]

  declare desk: Desk
  declare file: Blob
  declare decided: (choice: CsvChoice | undefined) => void
  declare preview: CsvPreview | null
  /** It could not be looked at. */
  declare failed: boolean
  readonly #work = new Work(this)
  /** Chosen, and not shown yet: it counts from the moment it is chosen. */
  #wanted: CsvChoice | undefined
  /** Previews are numbered: only the newest is shown, in whatever order they come. */
  #looks = 0

  constructor() {
    super()
    this.decided = () => undefined
    this.preview = null
    this.failed = false
  }

  /** Undefined until the file was looked at. */
  get choice(): CsvChoice | undefined {
    return this.#wanted ?? this.preview?.choice
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('file')) this.preview = null
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('file')) void this.#look(undefined)
  }

  override render() {
    const { preview } = this
    if (preview === null) return this.failed ? this.#unread() : html`<p class="soft small" role="status">${msg('Its first lines are being read…')}</p>`
    const { choice } = preview
    const chosen = (): CsvChoice => this.choice ?? choice
    return html`<div class="choices">
        ${this.#column(msg('Time is in'), 'time', preview)} ${this.#column(msg('Value is in'), 'value', preview)}
        <label>${msg('Times are written as')}<select class="times" @change=${(event: Event) => this.#times(event, chosen())}>
            ${TIMES.map((times) => html`<option value=${times} ?selected=${times === choice.times}>${timesWords(times, preview.guessed)}</option>`)}
          </select></label>
        <label class="check"><input
            type="checkbox"
            .checked=${choice.hasHeader}
            @change=${(event: Event) => this.#header(event, chosen())}
          /><span>${msg('The first line names the columns')}</span></label>
      </div>
      <div class="scroller" tabindex="0" role="region" aria-label=${msg('The first lines of the file')}>
        <table>
          <caption>${msg('The first lines of the file, and what is read of them')}</caption>
          <thead><tr>
            <th scope="col">${msg('line')}</th>
            ${preview.columns.map((column) => html`<th scope="col" class=${isRead(column, choice) ? 'read' : ''}>${columnWords(column)}</th>`)}
            <th scope="col">${msg('is read as')}</th>
          </tr></thead>
          <tbody>${preview.lines.map((line) => this.#line(line, preview))}</tbody>
        </table>
      </div>`
  }

  #unread() {
    return html`<p class="row">
      <span role="alert">${msg('Its first lines could not be read, so nothing of it is signed. Read it again, or choose another file.')}</span>
      <button type="button" @click=${() => void this.#look(undefined)}>${msg('Read it again')}</button>
    </p>`
  }

  #line(line: CsvPreviewLine, { choice, columns }: CsvPreview) {
    return html`<tr>
      <td class="number soft">${formatCount(line.line)}</td>
      ${columns.map((column) => html`<td class=${isRead(column, choice) ? 'read' : ''}><bdi dir="auto">${line.fields[column.number - 1] ?? ''}</bdi></td>`)}
      <td>${readWords(line)}</td>
    </tr>`
  }

  #column(label: string, which: 'time' | 'value', { choice, columns }: CsvPreview) {
    return html`<label>${label}<select @change=${(event: Event) => this.#choose(event, which, this.choice ?? choice)}>
        ${columns.map((column) => html`<option value=${column.number} ?selected=${column.number === choice[which]}>${columnWords(column)}</option>`)}
      </select></label>`
  }

  /** Time and value are two columns: choosing the one for the other lets them change places. */
  #choose(event: Event, which: 'time' | 'value', choice: CsvChoice): void {
    if (!(event.target instanceof HTMLSelectElement)) return
    const other = which === 'time' ? 'value' : 'time'
    const chosen = Number(event.target.value)
    const left = choice[other] === chosen ? choice[which] : choice[other]
    void this.#look({ ...choice, [which]: chosen, [other]: left })
  }

  #times(event: Event, choice: CsvChoice): void {
    const wanted = event.target instanceof HTMLSelectElement ? event.target.value : ''
    const times = TIMES.find((one) => one === wanted)
    if (times !== undefined) void this.#look({ ...choice, times })
  }

  #header(event: Event, choice: CsvChoice): void {
    if (event.target instanceof HTMLInputElement) void this.#look({ ...choice, hasHeader: event.target.checked })
  }

  async #look(choice: CsvChoice | undefined): Promise<void> {
    const { file } = this
    this.#wanted = choice
    this.failed = false
    this.decided(this.choice)
    const mine = ++this.#looks
    const looked = await this.#work.run(`look ${mine}`, () => msg('Reading the file'), () => this.desk.neuron.previewCsv(file, choice))
    // Put away meanwhile: another file may be in its place.
    if (looked === null || mine !== this.#looks || !this.isConnected) return
    this.#wanted = undefined
    this.failed = !looked.ok
    this.preview = looked.ok ? looked.value : null
    this.decided(this.choice)
  }
}

const TIMES: readonly CsvTimes[] = ['guessed', 'iso', 'seconds', 'milliseconds', 'microseconds']

const timesWords = (times: CsvTimes, guessed: CsvPreview['guessed']): string => {
  switch (times) {
    case 'guessed':
      return guessed === null ? msg('to be guessed') : msg(str`guessed: ${timesWords(guessed, null)}`)
    case 'iso':
      return msg('date and time (ISO 8601)')
    case 'seconds':
      return msg('Unix time in seconds')
    case 'milliseconds':
      return msg('Unix time in milliseconds')
    case 'microseconds':
      return msg('Unix time in microseconds')
  }
}

const isRead = ({ number }: CsvColumn, { time, value }: CsvChoice): boolean => number === time || number === value

/** A column as a person finds it again. */
export const columnWords = ({ number, name }: CsvColumn): string =>
  name === null || name === '' ? msg(str`column ${number}`) : msg(str`“${name}” (column ${number})`)

const readWords = (line: CsvPreviewLine) => {
  switch (line.is) {
    case 'header':
      return html`<span class="soft">${msg('names of the columns')}</span>`
    case 'row':
      return html`<span class="number">${line.time}</span> → <strong><bdi dir="auto">${line.value}</bdi></strong>`
    case 'problem':
      return html`<span class="bad"><bdi dir="auto">${toldWords(line.problem)}</bdi></span>`
  }
}

customElements.define('zazen-csv-columns', ZazenCsvColumns)
