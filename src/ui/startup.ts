import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { StartupStep, StepState } from '../neuron/snapshot.ts'
import { formatTook } from './format.ts'
import { base } from './elements.ts'
import { stepWords } from './words/steps.ts'
import { toldWords } from './words/tell.ts'

const stateWords = (): Readonly<Record<StepState, string>> => ({
  waiting: msg('waiting'),
  running: msg('under way'),
  done: msg('done'),
  failed: msg('failed'),
})

/** The start-up as an ordered list: each step with its state, its time and, when it failed, what to do. */
export class ZazenStartup extends LitElement {
  static override properties = { steps: { attribute: false } }
  static override styles = [
    base,
    css`
      :host {
        margin-bottom: 1.5rem;
      }
      ol {
        margin: 0.75rem 0 0;
        display: grid;
        gap: 0.375rem;
        max-width: 40rem;
      }
      li {
        display: grid;
        grid-template-columns: 1.25rem minmax(0, 1fr) auto;
        gap: 0 0.625rem;
        align-items: baseline;
      }
      li::before {
        content: '';
        width: 0.625rem;
        height: 0.625rem;
        border-radius: 50%;
        border: 2px solid var(--strong-line);
        align-self: center;
        justify-self: center;
      }
      /* It stands still: a step may run for minutes, and what moves is painted sixty times in a second. */
      .running::before {
        border-color: var(--accent);
        background: var(--accent);
        background-clip: content-box;
        padding: 2px;
      }
      .done::before {
        background: var(--good);
        border-color: var(--good);
      }
      .failed::before {
        background: var(--bad);
        border-color: var(--bad);
      }
      .waiting {
        color: var(--soft);
      }
      .error {
        grid-column: 2 / -1;
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare steps: readonly StartupStep[]

  constructor() {
    super()
    this.steps = []
  }

  override render() {
    return html`<section class="sheet" aria-label=${msg('Start-up')}>
      <h2>${msg('Starting the node')}</h2>
      <ol class="plain">
        ${this.steps.map(
          (step) => html`<li class=${step.state}>
            <span>${stepWords(step)}</span>
            <span class="soft small number">${stateWords()[step.state]}${step.tookMs === null ? '' : ` · ${formatTook(step.tookMs)}`}</span>
            ${step.error === null
              ? nothing
              : html`<p class="error bad small" role="alert"><bdi dir="auto">${toldWords(step.error)}</bdi></p>`}
          </li>`,
        )}
      </ol>
    </section>`
  }
}

customElements.define('zazen-startup', ZazenStartup)
