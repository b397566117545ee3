import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { CheckReport, StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatCount, isOne, plural } from './format.ts'
import { ago } from './marks.ts'
import './save-history.ts'
import { checkWords } from './standing.ts'
import { Work } from './work.ts'

/**
 * What this node keeps of a stream that it keeps and what can be done with it: check every row, see what is kept aside, forget it all.
 * Properties: `desk`, `stream`, `now`.
 */
export class ZazenStreamCare extends LitElement {
  static override properties = {
    desk: { attribute: false },
    stream: { attribute: false },
    now: { type: Number },
    found: { state: true },
  }
  static override styles = [
    shared,
    css`
      .care {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0.5rem 1.5rem;
        align-items: center;
        padding-top: 0.75rem;
        margin-top: 0.75rem;
        border-top: 1px solid var(--line);
      }
      .care > :only-child {
        grid-column: 1 / -1;
      }
      time {
        white-space: nowrap;
      }
      .care p + p {
        margin-top: 0.25rem;
      }
      @media (width < 40rem) {
        .care {
          grid-template-columns: minmax(0, 1fr);
          justify-items: start;
        }
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare now: number
  /** What the last check asked for here has found; null: none was. */
  declare found: CheckReport | null
  readonly #work = new Work(this)
  #shown = ''

  constructor() {
    super()
    this.now = 0
    this.found = null
  }

  protected override willUpdate(): void {
    if (this.#shown !== this.stream.id) this.found = null
    this.#shown = this.stream.id
  }

  override render() {
    const { stream } = this
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('Kept on this node')}</h2>
      ${stream.rows === 0 ? nothing : html`${this.#check(stream)}${this.#save(stream)}`}
      ${stream.archived === 0 ? nothing : aside(stream.archived)}
      ${stream.own ? nothing : this.#forget(stream)}
      ${stream.own && stream.rows === 0 && stream.archived === 0 ? html`<p class="soft">${msg('Nothing but its name yet.')}</p>` : nothing}
    </section>`
  }

  #check(stream: StreamView) {
    const busy = this.#work.busy('check')
    return html`<div class="care">
      <div>
        <p>
          ${stream.checkedAt === null
            ? msg(str`Each row was checked when it came; all ${plural(stream.rows, 'row')} together were not read again yet.`)
            : msg(html`Every row was read and checked ${ago(stream.checkedAt, this.now)}.`)}
        </p>
        <p class="soft small">
          ${msg('Once a day every page is read from disk and compared with what the publisher signed. What is damaged is fetched again from peers.')}
        </p>
        <p role="status">${busy ? msg('Reading every page. A long history takes a few seconds.') : this.found === null ? nothing : checkWords(this.found, stream)}</p>
      </div>
      ${this.#work.button({ key: 'check', label: msg('Check every row now'), what: () => msg('Checking every row'), action: () => this.#recheck(stream.id) })}
    </div>`
  }

  #save(stream: StreamView) {
    return html`<div class="care">
      <p>${msg('Its rows as a file: time and value, every value as it was written. With hashes it is as the original network keeps it.')}</p>
      <zazen-save-history .desk=${this.desk} .stream=${stream}></zazen-save-history>
    </div>`
  }

  #forget(stream: StreamView) {
    const held = stream.rows + (stream.loose?.rows ?? 0)
    return html`<div class="care">
      <p>${msg('Forgetting it deletes everything that this node keeps of the stream.')}</p>
      <zazen-confirm
        .desk=${this.desk}
        label=${msg('Forget this stream…')}
        question=${msg(str`Forget ${stream.name}?`)}
        yes=${msg('Forget it')}
        no=${msg('Keep it')}
        .what=${() => msg('Forgetting the stream')}
        .action=${() => this.desk.neuron.forget(stream.id)}
        .done=${() => this.#forgotten(stream.name)}
      >
        <p>
          ${deletedWords(held, stream.archived)}
          ${msg('Other nodes keep what they have: you can subscribe again while somebody serves it. If nobody does, it is gone.')}
        </p>
      </zazen-confirm>
    </div>`
  }

  async #recheck(id: string): Promise<void> {
    this.found = null
    const found = await this.desk.neuron.recheck(id)
    if (id === this.stream.id) this.found = found
  }

  /** Its page may be no more; all streams are where one goes on. */
  #forgotten(name: string): void {
    this.desk.tell({ kind: 'done', text: () => msg(str`“${name}” is forgotten: nothing of it is left on this node.`) })
    location.hash = '#/'
  }
}

const aside = (archived: number) => html`<div class="care">
  <div>
    <p>${isOne(archived) ? msg('1 older history of it is kept aside.') : msg(str`${formatCount(archived)} older histories of it are kept aside.`)}</p>
    <p class="soft small">
      ${msg('Rows that the publisher gave up when it began the stream anew. They are not shown, served or learnt from; the newest few are kept in case somebody wants to look.')}
    </p>
  </div>
</div>`

const deletedWords = (held: number, archived: number): string => {
  const rows = plural(held, 'row')
  if (archived > 0)
    return held === 0
      ? msg('Its name and the histories kept aside are deleted from this node, and new rows no longer come.')
      : msg(str`${rows} and the histories kept aside are deleted from this node, and new rows no longer come.`)
  if (held === 0) return msg('Its name is deleted from this node, and new rows no longer come.')
  return isOne(held)
    ? msg(str`${rows} is deleted from this node, and new rows no longer come.`)
    : msg(str`${rows} are deleted from this node, and new rows no longer come.`)
}

customElements.define('zazen-stream-care', ZazenStreamCare)
