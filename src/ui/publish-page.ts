import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { failureOf } from '../base/result.ts'
import type { CsvChoice, ImportProgress, ImportReport } from '../neuron/csv-view.ts'
import type { NewStream, Sample } from '../neuron/neuron-commands.ts'
import './csv-columns.ts'
import type { Desk } from './desk.ts'
import { formatBytes } from './format.ts'
import { textOf } from './form-text.ts'
import './import-report.ts'
import { alreadyThere } from './marks.ts'
import './samples.ts'
import { shared } from './elements.ts'
import { toldWords } from './words/tell.ts'
import { Work } from './work.ts'

/** Make a stream: from a bundled real history, or from a CSV of one's own. Properties: `desk`, `incoming`, `taken`. */
export class ZazenPublishPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    incoming: { attribute: false },
    taken: { attribute: false },
    file: { state: true },
    columns: { state: true },
    over: { state: true },
    progress: { state: true },
    report: { state: true },
    existing: { state: true },
    samples: { state: true },
  }
  static override styles = [
    shared,
    css`
      .stack {
        gap: 2rem;
      }
      .drop {
        display: grid;
        justify-items: center;
        gap: 0.5rem;
        padding: 1.75rem 1rem;
        text-align: center;
        border: 2px dashed var(--strong-line);
        border-radius: var(--round);
        background: var(--paper);
      }
      .drop.over {
        border-color: var(--accent);
        background: var(--wash);
      }
      form {
        display: grid;
        gap: 1rem;
        margin-top: 0.75rem;
      }
      .fields {
        display: flex;
        flex-wrap: wrap;
        gap: 0.75rem;
        align-items: end;
      }
      .fields label {
        flex: 1 1 14rem;
      }
    `,
  ]

  declare desk: Desk
  /** A file that came from outside the app: taken as if it had been dropped here; `taken` is told. */
  declare incoming: File | null
  declare taken: () => void
  declare file: File | null
  /** Of the file, as they were shown; undefined until then. */
  declare columns: CsvChoice | undefined
  declare over: boolean
  declare progress: ImportProgress | null
  declare report: ImportReport | null
  /** The name was taken: by this own stream. */
  declare existing: { readonly message: string; readonly id: string } | null
  declare samples: readonly Sample[] | null
  readonly #work = new Work(this)
  /** The page has one import at a time, and another tab's page is another one. */
  readonly #ticket = crypto.randomUUID()

  constructor() {
    super()
    this.incoming = null
    this.taken = () => undefined
    this.file = null
    this.columns = undefined
    this.over = false
    this.progress = null
    this.report = null
    this.existing = null
    this.samples = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.updateComplete.then(() => this.#loadSamples())
  }

  protected override updated(): void {
    const { incoming } = this
    // While another import is under way it waits.
    if (incoming === null || this.#work.busy('publish')) return
    this.#take(incoming)
    this.taken()
  }

  override render() {
    return html`<div class="stack">
      <h1>${msg('Publish a stream')}</h1>
      <section aria-labelledby="samples">
        <h2 id="samples">${msg('Try a sample')}</h2>
        <zazen-samples .desk=${this.desk} .samples=${this.samples}></zazen-samples>
        ${this.samples === null && !this.#work.busy('samples')
          ? html`<p><button type="button" @click=${() => void this.#loadSamples()}>${msg('Read the samples again')}</button></p>`
          : nothing}
      </section>
      ${this.#import()}
    </div>`
  }

  #import() {
    const busy = this.#work.busy('publish')
    return html`<section class="sheet" aria-labelledby="import">
      <h2 id="import">${msg('Import a CSV')}</h2>
      <form @submit=${(event: SubmitEvent) => void this.#publish(event)}>
        <div
          class="drop ${this.over ? 'over' : ''}"
          @dragover=${(event: DragEvent) => this.#dragOver(event)}
          @dragleave=${() => (this.over = false)}
          @drop=${(event: DragEvent) => this.#drop(event)}
        >
          ${this.file === null
            ? html`<p>${msg('Drop a file here: one line per row, a time and a value.')}</p>`
            : html`<p>
                <strong><bdi dir="auto">${this.file.name}</bdi></strong> <span class="soft">${formatBytes(this.file.size)}</span>
              </p>`}
          <input
            type="file"
            id="file"
            aria-label=${msg('CSV file')}
            hidden
            accept=".csv,.tsv,.txt,text/csv,text/plain"
            @change=${(event: Event) => this.#chosen(event)}
          />
          <button
            type="button"
            @click=${() => this.renderRoot.querySelector<HTMLInputElement>('#file')?.click()}
          >${this.file === null ? msg('Choose a file') : msg('Choose another')}</button>
        </div>
        ${this.file === null ? nothing : html`<zazen-csv-columns .desk=${this.desk} .file=${this.file} .decided=${(columns: CsvChoice | undefined) => (this.columns = columns)}></zazen-csv-columns>`}
        <div class="fields">
          <label>${msg('Name of the stream')}<input
              name="name"
              required
              autocomplete="off"
              placeholder=${msg('Temperature on the roof')}
            /></label>
          <label>${msg('Source (optional)')}<input
              name="source"
              autocomplete="off"
              placeholder=${msg('where the numbers come from')}
            /></label>
          <button class="primary" aria-busy=${busy} aria-disabled=${busy || (this.file !== null && this.columns === undefined)}>${msg('Publish')}</button>
        </div>
        <p class="soft small">
          ${msg('Values are kept exactly as they are written. Lines that cannot be read are listed with their reason, never dropped in silence.')}
        </p>
      </form>
      ${this.existing === null ? nothing : alreadyThere(this.existing.message, this.existing.id)}
      <zazen-import-report .progress=${this.progress} .report=${this.report} .cancel=${() => void this.desk.neuron.cancelImport(this.#ticket)}></zazen-import-report>
    </section>`
  }

  async #loadSamples(): Promise<void> {
    const read = await this.#work.run('samples', () => msg('Reading the samples'), () => this.desk.neuron.samples())
    if (read?.ok === true) this.samples = read.value
  }

  #dragOver(event: DragEvent): void {
    event.preventDefault()
    this.over = true
  }

  #drop(event: DragEvent): void {
    event.preventDefault()
    this.over = false
    this.#take(event.dataTransfer?.files[0])
  }

  #chosen(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.#take(event.target.files?.[0])
  }

  #take(file: File | undefined): void {
    if (file === undefined || this.#work.busy('publish')) return
    this.file = file
    this.columns = undefined
    this.report = null
    this.existing = null
    const name = this.renderRoot.querySelector<HTMLInputElement>('[name=name]')
    if (name?.value === '') name.value = file.name.replace(/\.[^.]*$/, '')
  }

  async #publish(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const { file, columns } = this
    if (!(event.target instanceof HTMLFormElement)) return
    if (file === null) {
      const failure = { code: 'no-file', message: 'Choose or drop a CSV file first.' }
      this.desk.tell({ kind: 'failed', what: () => msg('Publishing'), failure })
      return
    }
    if (columns === undefined) return
    const data = new FormData(event.target)
    const [name, source] = [textOf(data, 'name').trim(), textOf(data, 'source').trim()]
    await this.#send({ name, csv: file, columns, ...(source === '' ? {} : { source }) })
  }

  async #send(request: NewStream): Promise<void> {
    this.report = null
    this.existing = null
    const show = (progress: ImportProgress): void => {
      this.progress = progress
    }
    const done = await this.#work.run('publish', () => msg('Publishing'), () => this.#publishNew(request, show))
    this.progress = null
    if (done?.ok !== true || done.value === null) return
    this.report = done.value
    this.file = null
    // The next file has another.
    this.renderRoot.querySelector('form')?.reset()
  }

  /** Null: it was stopped, or exists and the person is shown where. */
  async #publishNew(request: NewStream, show: (progress: ImportProgress) => void): Promise<ImportReport | null> {
    const { neuron } = this.desk
    try {
      return await neuron.publishCsv({ ...request, ticket: this.#ticket }, show)
    } catch (thrown) {
      const { code, message } = failureOf(thrown)
      if (code === 'cancelled') {
        this.desk.tell({ kind: 'done', text: () => toldWords(message) })
        return null
      }
      const { streams } = await neuron.snapshot()
      const { name, source = 'user' } = request
      const there = streams.find((one) => one.own && one.stream === name && one.source === source && one.target === '')
      if (code !== 'exists' || there === undefined) throw thrown
      this.existing = { message, id: there.id }
      return null
    }
  }
}

customElements.define('zazen-publish-page', ZazenPublishPage)
