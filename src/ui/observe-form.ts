import { LitElement, css, html, nothing } from 'lit'
import type { ImportProgress, ImportReport } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { textOf } from './form-text.ts'
import './import-report.ts'
import { shared } from './elements.ts'
import { Work } from './work.ts'

/** New rows for an own stream: one typed in, or a CSV appended. Properties: `desk`, `streamId`. */
export class ZazenObserveForm extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
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
  declare progress: ImportProgress | null
  declare report: ImportReport | null
  readonly #work = new Work(this)

  constructor() {
    super()
    this.streamId = ''
    this.progress = null
    this.report = null
  }

  override render() {
    const adding = this.#work.busy('add')
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">Add an observation</h2>
      <div class="two">
        <form @submit=${(event: SubmitEvent) => void this.#add(event)}>
          <label>Value<input class="value" name="value" required autocomplete="off" inputmode="decimal" /></label>
          <label>Time, UTC (empty: now)<input
              class="time"
              name="time"
              autocomplete="off"
              placeholder="2024-05-01T12:30:00Z"
            /></label>
          <button class="primary" aria-busy=${adding} aria-disabled=${adding}>Add</button>
        </form>
        <div>
          <input
            type="file"
            id="file"
            accept=".csv,text/csv,text/plain"
            hidden
            @change=${(event: Event) => void this.#appendFile(event)}
          />
          <button type="button" aria-busy=${this.#work.busy('csv')} @click=${() => this.#pick()}>Append CSV</button>
        </div>
      </div>
      ${this.progress === null && this.report === null
        ? nothing
        : html`<zazen-import-report
            .progress=${this.progress}
            .report=${this.report}
            .linked=${false}
          ></zazen-import-report>`}
    </section>`
  }

  async #add(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target
    if (!(form instanceof HTMLFormElement)) return
    const data = new FormData(form)
    const value = textOf(data, 'value')
    const time = textOf(data, 'time').trim()
    const row = time === '' ? { value } : { value, time }
    const done = await this.#work.run('add', 'Adding the observation', () => this.desk.neuron.append(this.streamId, row))
    if (done?.ok !== true) return
    form.reset()
    form.querySelector('input')?.focus()
    this.desk.tell({ kind: 'done', text: `Row ${done.value.row} is signed and published.` })
  }

  #pick(): void {
    if (!this.#work.busy('csv')) this.renderRoot.querySelector<HTMLInputElement>('#file')?.click()
  }

  async #appendFile(event: Event): Promise<void> {
    const input = event.target
    if (!(input instanceof HTMLInputElement)) return
    const file = input.files?.[0]
    input.value = ''
    if (file === undefined) return
    this.report = null
    const show = (progress: ImportProgress): void => {
      this.progress = progress
    }
    const request = { id: this.streamId, csv: file }
    const done = await this.#work.run('csv', 'Appending the CSV', () => this.desk.neuron.appendCsv(request, show))
    this.progress = null
    if (done?.ok === true) this.report = done.value
  }
}

customElements.define('zazen-observe-form', ZazenObserveForm)
