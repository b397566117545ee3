import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { CsvFormat } from '../neuron/csv-view.ts'
import type { StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatShare } from './format.ts'
import { saveFile } from './save-file.ts'
import { Work } from './work.ts'

/** Saves a history as a file, with how far it is. Properties: `desk`, `stream`. */
export class ZazenSaveHistory extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, share: { state: true } }
  static override styles = [
    shared,
    css`
      progress {
        margin-top: 0.375rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  /** Of the export under way, 0 … 1. */
  declare share: number | null
  readonly #work = new Work(this)

  constructor() {
    super()
    this.share = null
  }

  override render() {
    const { share } = this
    const { name } = this.stream
    return html`<div class="row">
        ${this.#button('plain', msg('Save as CSV'), msg(str`Save as CSV: ${name}`))}
        ${this.#button('original', msg('Save with hashes'), msg(str`Save with hashes, as the original network keeps it: ${name}`))}
        ${share === null ? nothing : html`<span class="soft small number">${formatShare(share)}</span>`}
      </div>
      ${share === null ? nothing : html`<progress max="1" .value=${share} aria-label=${msg('Export')}></progress>`}`
  }

  /** One file at a time: both buttons are one piece of work. */
  #button(format: CsvFormat, label: string, name: string) {
    return this.#work.button({ key: 'save', label, name, look: format === 'plain' ? '' : 'quiet', what: () => msg('Saving the history'), action: () => this.#save(format) })
  }

  async #save(format: CsvFormat): Promise<void> {
    const { id, name } = this.stream
    try {
      const csv = await this.desk.neuron.exportCsv(id, format, (share) => (this.share = share))
      saveFile(`${fileName(name)}.csv`, csv)
    } finally {
      this.share = null
    }
  }
}

/** A stranger's name as that of a file: letters and digits of any script, at most so many. */
const MAX_FILE_NAME = 60

const fileName = (name: string): string => name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, MAX_FILE_NAME) || 'history'

customElements.define('zazen-save-history', ZazenSaveHistory)
