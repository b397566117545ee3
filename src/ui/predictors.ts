import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { failureOf, type Failure } from '../base/result.ts'
import type { PredictorView, StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { entries, shared } from './elements.ts'
import { plural, shortHash } from './format.ts'
import { hrefOf } from './router.ts'
import { Work } from './work.ts'
import { failureWords } from './words/tell.ts'

/** Who else predicts a stream, asked for once somebody wants to see it, and how to follow them. Properties: `desk`, `stream`. */
export class ZazenPredictors extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, answer: { state: true } }
  static override styles = [
    shared,
    entries,
    css`
      summary {
        cursor: pointer;
      }
      h2 {
        display: inline;
      }
      details p {
        margin-top: 0.5rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  /** Null: none has come yet. */
  declare answer: readonly PredictorView[] | Failure | null
  readonly #work = new Work(this)
  #isOpen = false
  #shown: Pick<StreamView, 'id' | 'predictors'> | null = null

  constructor() {
    super()
    this.answer = null
  }

  /** Of another stream, or of another number of predictors, the answer is another. */
  protected override willUpdate(): void {
    const { id, predictors } = this.stream
    if (this.#shown?.id !== id) this.answer = null
    if (this.#isOpen && (this.#shown?.id !== id || this.#shown.predictors !== predictors)) void this.#load()
    this.#shown = { id, predictors }
  }

  override render() {
    return html`<details class="sheet" @toggle=${(event: Event) => this.#toggle(event)}>
      <summary><h2>${msg('Predicted by others')}</h2></summary>
      ${this.#content()}
    </details>`
  }

  #content() {
    const { answer } = this
    if (answer === null) return html`<p class="soft" role="status">${msg('Asking the server…')}</p>`
    if ('code' in answer) return html`<p class="bad" role="status"><bdi dir="auto">${failureWords(answer)}</bdi></p>`
    if (answer.length === 0) return html`<p class="soft" role="status">${msg('Nobody else publishes predictions of it at this server.')}</p>`
    return html`<p class="soft">${msg('What you follow is fetched, checked and kept like any other stream.')}</p>
      <ul class="plain entries">${answer.map((predictor) => this.#entry(predictor))}</ul>`
  }

  #entry({ id, author, rows, online, subscribed }: PredictorView) {
    const node = shortHash(author)
    return html`<li>
      <a href=${hrefOf({ page: 'stream', id })}>${msg(html`node <code>${node}</code>`)}</a>
      <span class="soft small number">${plural(rows, 'row')}</span>
      <span class="soft small">${online ? msg('there now') : msg('away')}</span>
      ${subscribed ? html`<span class="good small">${msg('Following')}</span>` : nothing}
      ${subscribed
        ? this.#work.button({
            key: id,
            label: msg('Stop following'),
            name: msg(str`Stop following node ${node}`),
            look: 'quiet',
            what: () => msg('Unsubscribing'),
            action: () => this.desk.neuron.unsubscribe(id).then(() => this.#load()),
          })
        : this.#work.button({
            key: id,
            label: msg('Follow'),
            name: msg(str`Follow node ${node}`),
            what: () => msg('Subscribing'),
            action: () => this.desk.neuron.subscribe(id).then(() => this.#load()),
          })}
    </li>`
  }

  #toggle({ target }: Event): void {
    this.#isOpen = target instanceof HTMLDetailsElement && target.open
    if (this.#isOpen) void this.#load()
  }

  async #load(): Promise<void> {
    const { id } = this.stream
    const answer = await this.desk.neuron.predictors(id).catch((thrown: unknown) => failureOf(thrown))
    if (id === this.stream.id) this.answer = answer
  }
}

customElements.define('zazen-predictors', ZazenPredictors)
