import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { ImportProgress, ImportReport } from '../neuron/csv-view.ts'
import { columnWords } from './csv-columns.ts'
import { formatBytes, formatCount, formatEta, formatRowRate, formatShare, notNumbersWords, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { progressLine, shared } from './elements.ts'
import { toldWords } from './words/tell.ts'

/** How an import goes and how it ended: every line that was not taken is counted, the first ones with their reason. */
export class ZazenImportReport extends LitElement {
  static override properties = {
    progress: { attribute: false },
    report: { attribute: false },
    /** Whether a link to the stream follows. */
    linked: { type: Boolean },
    /** Stops the import; null: it cannot be stopped. */
    cancel: { attribute: false },
  }
  static override styles = [
    shared,
    progressLine,
    css`
      .body {
        margin-top: 1rem;
      }
      ol {
        list-style: none;
        margin: 0.5rem 0 0;
        padding: 0.5rem 0.75rem;
        max-height: 14rem;
        overflow: auto;
        background: var(--well);
        border-radius: var(--round);
        font-size: var(--small);
      }
      li {
        overflow-wrap: anywhere;
        content-visibility: auto;
        contain-intrinsic-height: auto 1.25rem;
      }
      .stop,
      .link {
        margin-top: 0.75rem;
      }
    `,
  ]

  declare progress: ImportProgress | null
  declare report: ImportReport | null
  declare linked: boolean
  declare cancel: (() => void) | null

  constructor() {
    super()
    this.progress = null
    this.report = null
    this.linked = true
    this.cancel = null
  }

  override render() {
    if (this.progress !== null) return html`<div class="body">${this.#running(this.progress)}</div>`
    return this.report === null ? html`` : html`<div class="body">${this.#ended(this.report)}</div>`
  }

  #running(progress: ImportProgress) {
    const share = progress.bytesTotal > 0 ? progress.bytesRead / progress.bytesTotal : 0
    return html`<progress aria-label=${msg('Import')} max="1" value=${share}></progress>
      <div class="line">
        <strong>${formatShare(share)}</strong>
        <span>${msg(str`${formatBytes(progress.bytesRead)} of ${formatBytes(progress.bytesTotal)}`)}</span>
        <span>${plural(progress.rows, 'row')}</span>
        <span>${formatRowRate(progress.rowsPerSecond)}</span>
        <span>${formatEta(progress.etaSeconds)}</span>
        ${progress.problemCount === 0
          ? nothing
          : html`<span class="bad">${plural(progress.problemCount, 'problem')}</span>`}
      </div>
      ${this.cancel === null ? nothing : html`<button type="button" class="stop" @click=${this.cancel}>${msg('Stop the import')}</button>`}`
  }

  #ended(report: ImportReport) {
    return html`<p role="status">
        ${report.problemCount === 0
          ? msg(html`<strong>${plural(report.rows, 'row')}</strong> added, every line taken.`)
          : msg(html`<strong>${plural(report.rows, 'row')}</strong> added; <strong class="bad">${plural(report.problemCount, 'line')} not taken</strong>.`)}
      </p>
      ${report.notNumbers === 0
        ? nothing
        : html`<p class="bad" role="alert">
            <bdi dir="auto">${notNumbersWords(report.rows, report.notNumbers, report.firstNotNumber ?? '')}</bdi>
          </p>`}
      ${report.columns === null
        ? nothing
        : html`<p class="soft small"><bdi dir="auto">${msg(str`Time was read from ${columnWords(report.columns.time)}, value from ${columnWords(report.columns.value)}.`)}</bdi></p>`}
      ${report.problems.length === 0 ? nothing : this.#problems(report)}
      ${this.linked
        ? html`<p class="link"><a
            class="button primary"
            href=${hrefOf({ page: 'stream', id: report.id })}
          >${msg('Open the stream')}</a></p>`
        : nothing}`
  }

  #problems({ problems, problemCount }: ImportReport) {
    return html`<ol tabindex="0" aria-label=${msg('Lines not taken')}>
        ${problems.map(
          ({ line, message }) =>
            html`<li><span class="soft">${msg(str`line ${formatCount(line)}:`)}</span> <bdi dir="auto">${toldWords(message)}</bdi></li>`,
        )}
      </ol>
      ${problemCount > problems.length
        ? html`<p class="soft small">${msg(str`The first ${formatCount(problems.length)} of ${formatCount(problemCount)} are listed.`)}</p>`
        : nothing}`
  }
}

customElements.define('zazen-import-report', ZazenImportReport)
