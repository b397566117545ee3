import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { LogLine, Snapshot } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { formatClock, formatUtc, plural, shortHash } from './format.ts'
import { LOG_LEVELS, filterLog, type LogFilter } from './log-filter.ts'
import { hrefOf } from './router.ts'
import { saveFile } from './save-file.ts'
import './startup.ts'
import { shared } from './elements.ts'
import { Work } from './work.ts'
import { toldWords } from './words/tell.ts'

const ARROWS = { in: '←', out: '→', none: '·' } as const

/** All coming and going, newest last. Properties: `desk`, `snapshot`. */
export class ZazenLogPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    filter: { state: true },
    held: { state: true },
  }
  static override styles = [
    shared,
    css`
      .tools {
        align-items: end;
      }
      .tools label:first-child {
        flex: 1 1 12rem;
        max-width: 24rem;
      }
      .tools [role='status'] {
        line-height: 2.375rem;
      }
      .lines {
        min-height: 10rem;
        max-height: clamp(18rem, 62vh, 60rem);
        overflow-y: auto;
        padding: 0.5rem 0;
      }
      ol {
        font-size: 0.875rem;
      }
      li {
        display: grid;
        grid-template-columns: 4.5rem 1rem 4.25rem minmax(0, 1fr);
        gap: 0 0.625rem;
        padding: 0.1875rem 1rem;
        content-visibility: auto;
        contain-intrinsic-height: auto 1.7rem;
      }
      li:hover {
        background: var(--well);
      }
      .message {
        overflow-wrap: anywhere;
      }
      /* Most lines are that: only what is more says so. */
      .info .level {
        visibility: hidden;
      }
      .day {
        display: block;
        padding-top: 0.625rem;
        font-weight: 500;
      }
      .from {
        margin-inline-start: 0.5rem;
      }
      .from code {
        white-space: nowrap;
      }
      .warn .level {
        color: var(--accent);
      }
      .error .level,
      .error .message {
        color: var(--bad);
      }
      .in .arrow {
        color: var(--good);
      }
      .out .arrow {
        color: var(--accent);
      }
      .empty {
        padding: 0.5rem 1rem;
      }
      details summary {
        cursor: pointer;
        color: var(--soft);
        margin-bottom: 0.75rem;
      }
      @media (width < 40rem) {
        li {
          grid-template-columns: auto auto minmax(0, 1fr);
          padding-inline: 0.75rem;
        }
        .message {
          grid-column: 1 / -1;
        }
        li {
          padding-block: 0.375rem;
          border-bottom: 1px solid var(--line);
        }
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare filter: LogFilter
  /** The lines as they were when scrolling was paused; null: they run. */
  declare held: readonly LogLine[] | null
  readonly #work = new Work(this)
  /** The person reads further up: new lines must not pull the text away. */
  #atEnd = true

  constructor() {
    super()
    this.filter = { text: '', level: 'info' }
    this.held = null
  }

  override render() {
    // What is found is what is seen. Each line is looked up among some hundred sentences: 300 of them take 2 ms (measured).
    const lines = filterLog((this.held ?? this.snapshot.log).map(told), this.filter)
    return html`<div class="stack">
      <h1>${msg('Log')}</h1>
      ${this.#tools(lines.length)}
      <div
        class="sheet lines"
        tabindex="0"
        role="region"
        aria-label=${msg('Log lines')}
        @scroll=${(event: Event) => this.#scrolled(event)}
      >
        ${lines.length === 0 ? html`<p class="soft empty">${this.#empty()}</p>` : nothing}
        <ol class="plain">${repeat(lines, (line) => line.number, (line, i) => html`${dayOf(line) === dayOf(lines[i - 1]) ? nothing : html`<li class="day">${dayOf(line)}</li>`}${logLine(line)}`)}</ol>
      </div>
      <p class="soft small">${msg('Times are UTC. What is exported is in English, whatever the language of the window: whoever helps you can read it.')}</p>
      <details>
        <summary>${msg('Start-up')}</summary>
        <zazen-startup .steps=${this.snapshot.startup}></zazen-startup>
      </details>
    </div>`
  }

  protected override updated(): void {
    const box = this.renderRoot.querySelector('.lines')
    if (this.#atEnd && this.held === null && box !== null) box.scrollTop = box.scrollHeight
  }

  #empty(): string {
    return this.snapshot.log.length === 0 ? msg('Nothing has come or gone yet.') : msg('No line matches.')
  }

  #tools(count: number) {
    const held = this.held !== null
    return html`<div class="row tools">
      <label>${msg('Filter')}<input
          type="search"
          placeholder=${msg('text, stream or peer')}
          .value=${this.filter.text}
          @input=${(event: Event) => this.#search(event)}
        /></label>
      <label>${msg('Level')}
        <select @change=${(event: Event) => this.#level(event)}>
          ${LOG_LEVELS.map((level) => html`<option
              value=${level}
              ?selected=${level === this.filter.level}
            >${filterWords(level)}</option>`)}
        </select>
      </label>
      <button
        aria-pressed=${held}
        @click=${() => (this.held = held ? null : this.snapshot.log)}
      >${msg('Pause scrolling')}</button>
      ${this.#work.button({
        key: 'export',
        label: msg('Export as text'),
        what: () => msg('Exporting the log'),
        action: () => this.#export(),
      })}
      <span class="soft small number" role="status">${plural(count, 'line')}</span>
    </div>`
  }

  #search(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.filter = { ...this.filter, text: event.target.value }
  }

  #level(event: Event): void {
    if (!(event.target instanceof HTMLSelectElement)) return
    const chosen = event.target.value
    this.filter = { ...this.filter, level: LOG_LEVELS.find((level) => level === chosen) ?? 'info' }
  }

  #scrolled(event: Event): void {
    const box = event.currentTarget
    if (box instanceof HTMLElement) this.#atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 24
  }

  async #export(): Promise<void> {
    saveFile('zazen-log.txt', new Blob([await this.desk.neuron.exportLog()], { type: 'text/plain' }))
  }
}

/** As a person reads it; a log may go over many. */
const dayOf = (line: LogLine | undefined): string => line?.time.slice(0, 10) ?? ''

interface ToldLine extends LogLine {
  /** Of the message: what has no words of the window's language stays English. */
  readonly language: 'en' | typeof nothing
}

const told = (line: LogLine): ToldLine => {
  const message = toldWords(line.message)
  return { ...line, message, language: message === line.message ? 'en' : nothing }
}

const filterWords = (level: LogLine['level']): string => {
  switch (level) {
    case 'info':
      return msg('All')
    case 'warn':
      return msg('Warnings and errors')
    case 'error':
      return msg('Errors')
  }
}

const levelWords = (level: LogLine['level']): string => {
  switch (level) {
    case 'info':
      return msg('info')
    case 'warn':
      return msg('warning')
    case 'error':
      return msg('error')
  }
}

const directionWords = (direction: LogLine['direction']): string => {
  switch (direction) {
    case 'in':
      return msg('in')
    case 'out':
      return msg('out')
    case 'none':
      return ''
  }
}

const logLine = (line: ToldLine) => html`<li class="${line.level} ${line.direction}">
  <time
    class="soft number"
    datetime=${line.time}
    title=${`${formatUtc(line.time)} UTC`}
  >${formatClock(line.time)}</time>
  <span class="arrow"
    ><span aria-hidden="true">${ARROWS[line.direction]}</span
    ><span class="seen-by-readers">${directionWords(line.direction)}</span></span
  >
  <span class="level soft small">${levelWords(line.level)}</span>
  <span class="message">
    <bdi dir="auto" lang=${line.language}>${line.message}</bdi>
    ${line.streamId === null
      ? nothing
      : html`<a
          class="from small soft"
          href=${hrefOf({ page: 'stream', id: line.streamId })}
        ><bdi dir="auto">${line.streamName ?? shortHash(line.streamId)}</bdi></a>`}
    ${line.peer === null
      ? nothing
      : html`<span class="from small soft">${msg('peer')} <code title=${line.peer}>${shortHash(line.peer)}</code></span>`}
  </span>
</li>`

customElements.define('zazen-log-page', ZazenLogPage)
