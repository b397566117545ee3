import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { CsvChoice, ImportProgress, ImportReport } from '../neuron/csv-view.ts'
import type { NextTime } from '../neuron/neuron-commands.ts'
import './csv-columns.ts'
import type { Desk } from './desk.ts'
import { textOf } from './form-text.ts'
import './import-report.ts'
import { formatBytes, nextTimeWords } from './format.ts'
import { Refresh } from './refresh.ts'
import { shared } from './elements.ts'
import { Work } from './work.ts'

const READ_AGAIN_MS = 1000

/** New rows for an own stream: one typed in, or a CSV appended. Properties: `desk`, `streamId`, `rows` it has. */
export class ZazenObserveForm extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    rows: { type: Number },
    next: { state: true },
    doubted: { state: true },
    file: { state: true },
    columns: { state: true },
    progress: { state: true },
    report: { state: true },
  }
  static override styles = [
    shared,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: end;
        gap: 0.75rem;
      }
      .two {
        display: flex;
        flex-wrap: wrap;
        gap: 1rem 2.5rem;
        justify-content: space-between;
        align-items: end;
        margin-top: 0.75rem;
      }
      .two + p {
        margin-top: 0.5rem;
      }
      .append {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.75rem;
        margin-top: 1rem;
      }
      .value {
        width: 10rem;
      }
      .time {
        width: 14rem;
      }
    `,
  ]

  declare desk: Desk
  declare streamId: string
  declare rows: number
  /** What an empty time means, as it is shown; null: now, undefined: not read yet. */
  declare next: NextTime | null | undefined
  /** A value that is no number where the last ones are: it takes a second press. */
  declare doubted: string | null
  /** To be appended once its columns are right. */
  declare file: File | null
  /** Of the file, as they were shown; undefined until then. */
  declare columns: CsvChoice | undefined
  declare progress: ImportProgress | null
  declare report: ImportReport | null
  readonly #work = new Work(this)
  /** The form has one import at a time, and another tab's form is another one. */
  readonly #ticket = crypto.randomUUID()
  readonly #refresh: Refresh = new Refresh(this, READ_AGAIN_MS, () => this.#expect())

  constructor() {
    super()
    this.streamId = ''
    this.rows = 0
    this.next = undefined
    this.doubted = null
    this.file = null
    this.columns = undefined
    this.progress = null
    this.report = null
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('streamId')) return
    this.next = undefined
    this.doubted = null
    this.file = null
    this.report = null
  }

  protected override updated(): void {
    if (this.rows > 0) this.#refresh.want(`${this.streamId}/${this.rows}`)
  }

  override render() {
    const adding = this.#work.busy('add')
    const next = this.next ?? null
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('Add an observation')}</h2>
      <div class="two">
        <form @submit=${(event: SubmitEvent) => void this.#add(event)}>
          <label>${msg('Value')}<input
              class="value"
              name="value"
              required
              autocomplete="off"
              inputmode="decimal"
              @input=${() => (this.doubted = null)}
            /></label>
          <label>${next === null ? msg('Time, UTC (empty: now)') : msg('Time, UTC (empty: the next step)')}<input
              class="time"
              name="time"
              autocomplete="off"
              aria-describedby=${next === null ? nothing : 'why'}
              placeholder=${next?.time ?? '2024-05-01T12:30:00Z'}
            /></label>
          <button
            class="primary"
            aria-busy=${adding}
            aria-disabled=${adding}
          >${this.doubted === null ? msg('Add') : msg('Add it all the same')}</button>
        </form>
        <div>
          <input
            type="file"
            id="file"
            accept=".csv,.tsv,.txt,text/csv,text/plain"
            aria-label=${msg('CSV file')}
            hidden
            @change=${(event: Event) => this.#chosen(event)}
          />
          <button type="button" class="pick" aria-busy=${this.#work.busy('csv')} @click=${() => this.#pick()}>${msg('Append CSV')}</button>
        </div>
      </div>
      ${next === null ? nothing : html`<p class="soft small" id="why">${nextTimeWords(next)}</p>`}
      ${this.doubted === null
        ? nothing
        : html`<p class="bad" role="alert">
            ${msg(html`“<bdi dir="auto">${this.doubted}</bdi>” is not a number, and the last values are: it would be kept but could not be learnt from.`)}
            ${/^[+-]?\d+,\d+$/.test(this.doubted) ? msg(str`A decimal point makes it one: ${this.doubted.replace(',', '.')}.`) : nothing}
          </p>`}
      ${this.file === null ? nothing : this.#preview(this.file)}
      ${this.progress === null && this.report === null
        ? nothing
        : html`<zazen-import-report
            .progress=${this.progress}
            .report=${this.report}
            .linked=${false}
            .cancel=${() => void this.desk.neuron.cancelImport(this.#ticket)}
          ></zazen-import-report>`}
    </section>`
  }

  /** As it would be read, before it is signed: what is signed stays. */
  #preview(file: File) {
    const busy = this.#work.busy('csv')
    return html`<form class="append" aria-label=${msg('Rows of a file')} @submit=${(event: SubmitEvent) => void this.#appendFile(event, file)}>
      <p><strong><bdi dir="auto">${file.name}</bdi></strong> <span class="soft">${formatBytes(file.size)}</span></p>
      <zazen-csv-columns .desk=${this.desk} .file=${file} .decided=${(columns: CsvChoice | undefined) => (this.columns = columns)}></zazen-csv-columns>
      <div class="row">
        <button class="primary" aria-busy=${busy} aria-disabled=${busy || this.columns === undefined}>${msg('Append its rows')}</button>
        <button type="button" aria-disabled=${busy} @click=${() => this.#putAway()}>${msg('Not this file')}</button>
      </div>
    </form>`
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target
    if (!(form instanceof HTMLFormElement)) return
    const data = new FormData(form)
    const value = textOf(data, 'value').trim()
    const time = textOf(data, 'time').trim()
    const done = await this.#work.run('add', () => msg('Adding the observation'), () => this.#append(value, time))
    if (done?.ok !== true || done.value === null) return
    form.reset()
    form.querySelector('input')?.focus()
    const { row } = done.value
    this.desk.tell({ kind: 'done', text: () => msg(str`Row ${row} is signed and published.`) })
  }

  /** Null: nothing was added yet, the value has to be confirmed. An empty time means what the form says it means. */
  async #append(value: string, typed: string): Promise<{ readonly row: number } | null> {
    const { neuron } = this.desk
    const { isOdd, time: expected } = await neuron.nextRow(this.streamId, value)
    if (isOdd && this.doubted !== value) {
      this.doubted = value
      return null
    }
    const next = this.next === undefined ? expected : this.next
    const time = typed === '' ? next?.time : typed
    const added = await neuron.append(this.streamId, time === undefined ? { value } : { value, time })
    this.doubted = null
    await this.#expect()
    return added
  }

  async #expect(): Promise<void> {
    this.next = (await this.desk.neuron.nextRow(this.streamId, '')).time
  }

  #pick(): void {
    if (!this.#work.busy('csv')) this.renderRoot.querySelector<HTMLInputElement>('#file')?.click()
  }

  #chosen(event: Event): void {
    const input = event.target
    if (!(input instanceof HTMLInputElement)) return
    const file = input.files?.[0]
    if (file !== undefined) {
      this.file = file
      this.columns = undefined
    }
    // The same file may be chosen again.
    input.value = ''
    this.report = null
  }

  #putAway(): void {
    if (this.#work.busy('csv')) return
    this.file = null
    this.renderRoot.querySelector<HTMLButtonElement>('.pick')?.focus()
  }

  async #appendFile(event: SubmitEvent, file: File): Promise<void> {
    event.preventDefault()
    const { columns } = this
    if (columns === undefined) return
    this.report = null
    const show = (progress: ImportProgress): void => {
      this.progress = progress
    }
    const request = { id: this.streamId, csv: file, ticket: this.#ticket, columns }
    const done = await this.#work.run('csv', () => msg('Appending the CSV'), () => this.desk.neuron.appendCsv(request, show))
    this.progress = null
    if (done?.ok !== true) return
    this.report = done.value
    this.file = null
    await this.updateComplete
    this.renderRoot.querySelector<HTMLButtonElement>('.pick')?.focus()
  }
}

customElements.define('zazen-observe-form', ZazenObserveForm)
