import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { failureOf } from '../base/result.ts'
import type { ImportProgress, ImportReport } from '../neuron/csv-view.ts'
import type { Sample } from '../neuron/neuron-commands.ts'
import type { Desk } from './desk.ts'
import { plural } from './format.ts'
import './import-report.ts'
import { alreadyThere, foreign } from './marks.ts'
import { shared } from './elements.ts'
import { sampleWords } from './words/samples.ts'
import { Work } from './work.ts'

/**
 * The bundled real histories, each with where it comes from and its licence. Properties: `desk`, `samples` (null:
 * being read).
 */
export class ZazenSamples extends LitElement {
  static override properties = {
    desk: { attribute: false },
    samples: { attribute: false },
    progress: { state: true },
    reports: { state: true },
    existing: { state: true },
  }
  static override styles = [
    shared,
    css`
      .reading {
        margin-top: 0.75rem;
      }
      ul {
        margin: 0.75rem 0 0;
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: 1rem;
      }
      li {
        display: flex;
        flex-direction: column;
        align-items: start;
        gap: 0.5rem;
        min-width: 0;
      }
      /* At the foot of its card: buttons of a line stand in a line. */
      li > button {
        margin-top: auto;
      }
      zazen-import-report {
        align-self: stretch;
      }
    `,
  ]

  declare desk: Desk
  declare samples: readonly Sample[] | null
  declare progress: ReadonlyMap<string, ImportProgress>
  declare reports: ReadonlyMap<string, ImportReport>
  /** Keys of samples that turned out to be published already. */
  declare existing: ReadonlySet<string>
  readonly #work = new Work(this)

  constructor() {
    super()
    this.samples = null
    this.progress = new Map()
    this.reports = new Map()
    this.existing = new Set()
  }

  override render() {
    if (this.samples === null) return html`<p class="soft reading">${msg('Reading…')}</p>`
    return html`<ul class="plain">${this.samples.map((sample) => this.#sample(sample))}</ul>`
  }

  #sample(sample: Sample) {
    const { title, description } = sampleWords(sample)
    const report = this.reports.get(sample.key) ?? null
    const progress = this.progress.get(sample.key) ?? null
    return html`<li class="sheet">
      <h3>${title}</h3>
      <p class="small">${description}</p>
      <p class="soft small">
        ${plural(sample.rows, 'row')} · ${attribution(sample)} ·
        ${foreign(sample.license)}
      </p>
      ${this.existing.has(sample.key) ? alreadyThere('You publish it already.', sample.id) : nothing}
      ${report !== null || this.existing.has(sample.key)
        ? nothing
        : this.#work.button({
            key: sample.key,
            label: msg('Publish this sample'),
            name: msg(str`Publish this sample: ${title}`),
            what: () => msg('Publishing the sample'),
            action: () => this.#publish(sample.key),
          })}
      ${report === null && progress === null
        ? nothing
        : html`<zazen-import-report .progress=${progress} .report=${report}></zazen-import-report>`}
    </li>`
  }

  async #publish(key: string): Promise<void> {
    try {
      const report = await this.desk.neuron.publishSample(key, (progress) => {
        this.progress = new Map(this.progress).set(key, progress)
      })
      this.reports = new Map(this.reports).set(key, report)
    } catch (thrown) {
      if (failureOf(thrown).code !== 'exists') throw thrown
      this.existing = new Set(this.existing).add(key)
    } finally {
      this.progress = new Map([...this.progress].filter(([other]) => other !== key))
    }
  }
}

const attribution = ({ url, source }: Sample) =>
  /^https?:\/\//.test(url)
    ? html`<a href=${url} target="_blank" rel="noopener noreferrer">${foreign(source)}</a>`
    : foreign(source)

customElements.define('zazen-samples', ZazenSamples)
