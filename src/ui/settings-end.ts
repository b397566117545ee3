import { LitElement, css, html, nothing } from 'lit'
import type { Snapshot, StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatShare, plural } from './format.ts'
import type { Household } from './household.ts'
import { foreign } from './marks.ts'
import { saveFile } from './save-file.ts'
import { keptStreams } from './verdict.ts'
import { Work } from './work.ts'

/** Taking the data along, and the end of the node. Properties: `desk`, `snapshot`, `household`. */
export class ZazenSettingsEnd extends LitElement {
  static override properties = { desk: { attribute: false }, snapshot: { attribute: false }, household: { attribute: false }, share: { state: true } }
  static override styles = [
    shared,
    css`
      h2 + p {
        margin-top: 0.5rem;
      }
      ul {
        list-style: none;
        margin: 0.75rem 0 0;
        padding: 0;
        max-height: 20rem;
        overflow: auto;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.25rem 1rem;
        align-items: center;
        padding: 0.375rem 0.25rem;
        border-top: 1px solid var(--line);
      }
      li progress {
        grid-column: 1 / -1;
      }
      .part {
        border-top: 1px solid var(--line);
        padding-top: 0.75rem;
        margin-top: 0.75rem;
        display: grid;
        gap: 0.5rem;
        justify-items: start;
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare household: Household
  /** Of exports under way, by stream: 0 … 1. */
  declare share: ReadonlyMap<string, number>
  readonly #work = new Work(this)

  constructor() {
    super()
    this.share = new Map()
  }

  override render() {
    const streams = keptStreams(this.snapshot).filter(({ rows }) => rows > 0)
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">Your data</h2>
      ${streams.length === 0
        ? html`<p class="soft">There are no rows here yet.</p>`
        : html`<p class="soft small">Each history as a CSV of time and value, every value as it was written. It can be imported again anywhere.</p>
            <ul tabindex="0" aria-label="Histories to export">${streams.map((stream) => this.#entry(stream))}</ul>`}
      <div class="part">
        <h3>Erase this node</h3>
        <p class="soft small">Its identity, all histories, its settings, and the app’s own files unless another node in this browser uses them.</p>
        <zazen-confirm .desk=${this.desk} label="Erase this node…" question="Erase this node?" yes="Erase everything" no="Keep it" what="Erasing the node"
          .action=${() => this.household.erase()}>
          <p>${this.#lossWords()}</p>
          <p><strong>This is final: it cannot be undone.</strong></p>
        </zazen-confirm>
      </div>
    </section>`
  }

  #entry(stream: StreamView) {
    const share = this.share.get(stream.id)
    return html`<li>
      <span><span class="clamp">${foreign(stream.name)}</span> <span class="soft small number">${plural(stream.rows, 'row')}${share === undefined ? nothing : ` · ${formatShare(share)}`}</span></span>
      ${this.#work.button({ key: stream.id, label: 'Save as CSV', name: `Save as CSV: ${stream.name}`, what: 'Saving the history', action: () => this.#save(stream) })}
      ${share === undefined ? nothing : html`<progress max="1" .value=${share} aria-label="Export"></progress>`}
    </li>`
  }

  #lossWords(): string {
    const own = this.snapshot.streams.filter((stream) => stream.own)
    const streams = own.length === 0 ? 'It publishes nothing.' : `It publishes ${plural(own.length, 'stream')}: what nobody else holds is gone with it.`
    return `${streams} ${this.household.isBackedUp ? 'Its key can be restored from the backup that was made of it.' : 'No backup of its key was made here: nobody will ever be this node again.'}`
  }

  async #save(stream: StreamView): Promise<void> {
    const show = (share: number | null): void => {
      const next = new Map(this.share)
      if (share === null) next.delete(stream.id)
      else next.set(stream.id, share)
      this.share = next
    }
    try {
      const csv = await this.desk.neuron.exportCsv(stream.id, show)
      saveFile(`${fileName(stream.name)}.csv`, csv)
    } finally {
      show(null)
    }
  }
}

/** A stranger's name as that of a file: letters and digits of any script, at most so many. */
const MAX_FILE_NAME = 60

const fileName = (name: string): string => name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, MAX_FILE_NAME) || 'history'

customElements.define('zazen-settings-end', ZazenSettingsEnd)
