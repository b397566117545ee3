import { LitElement, css, html, nothing } from 'lit'
import type { ImportProgress, ImportReport, Sample } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { plural } from './format.ts'
import './import-report.ts'
import { foreign } from './marks.ts'
import { shared } from './elements.ts'
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
  }
  static override styles = [
    shared,
    css`
      ul {
        list-style: none;
        margin: 0.75rem 0 0;
        padding: 0;
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: 1rem;
      }
      li {
        display: grid;
        align-content: start;
        gap: 0.5rem;
        min-width: 0;
      }
      button {
        justify-self: start;
      }
    `,
  ]

  declare desk: Desk
  declare samples: readonly Sample[] | null
  declare progress: ReadonlyMap<string, ImportProgress>
  declare reports: ReadonlyMap<string, ImportReport>
  readonly #work = new Work(this)

  constructor() {
    super()
    this.samples = null
    this.progress = new Map()
    this.reports = new Map()
  }

  override render() {
    if (this.samples === null) return html`<p class="soft">Reading…</p>`
    return html`<ul>${this.samples.map((sample) => this.#sample(sample))}</ul>`
  }

  #sample(sample: Sample) {
    const report = this.reports.get(sample.key) ?? null
    const progress = this.progress.get(sample.key) ?? null
    return html`<li class="sheet">
      <h3>${sample.title}</h3>
      <p class="small">${sample.description}</p>
      <p class="soft small">
        ${plural(sample.rows, 'row')} · ${attribution(sample)} ·
        ${foreign(sample.license)}
      </p>
      ${report !== null
        ? nothing
        : this.#work.button({
            key: sample.key,
            label: 'Publish this sample',
            name: `Publish the sample ${sample.title}`,
            what: 'Publishing the sample',
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
