import { LitElement, html } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import { Refresh } from './refresh.ts'
import './stream-page.ts'

/** The directory changes with every row that anybody publishes: looked at again at most so often, milliseconds. */
const FOLLOW_MS = 1_000

/** The page of a stream of which nothing is kept here: asked for by its id. Properties: `desk`, `streamId`, `edition`, `now`. */
export class ZazenListedStream extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    edition: { type: Number },
    now: { type: Number },
    stream: { state: true },
  }
  static override styles = [base]

  declare desk: Desk
  declare streamId: string
  declare edition: number
  declare now: number
  /** Undefined: not answered yet. */
  declare stream: StreamView | null | undefined
  readonly #refresh: Refresh = new Refresh(this, FOLLOW_MS, () => this.#load())

  constructor() {
    super()
    this.stream = undefined
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('streamId')) return
    this.stream = undefined
    this.#refresh.hurry()
  }

  protected override updated(): void {
    this.#refresh.want(`${this.streamId}/${this.edition}`)
  }

  override render() {
    if (this.stream === undefined) return html`<p class="soft" role="status">Looking the stream up…</p>`
    return html`<zazen-stream-page .desk=${this.desk} .streamId=${this.streamId} .stream=${this.stream} .now=${this.now}></zazen-stream-page>`
  }

  async #load(): Promise<void> {
    const { streamId } = this
    const stream = await this.desk.neuron.stream(streamId)
    if (streamId === this.streamId) this.stream = stream
  }
}

customElements.define('zazen-listed-stream', ZazenListedStream)
