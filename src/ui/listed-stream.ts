import { msg } from '@lit/localize'
import { LitElement, html } from 'lit'
import type { PeerView } from '../neuron/peer-view.ts'
import type { StreamView } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import { holdersOf } from './holders.ts'
import { Refresh } from './refresh.ts'
import './stream-page.ts'

/** The directory changes with every row that anybody publishes: looked at again at most so often, milliseconds. */
const FOLLOW_MS = 1_000

/**
 * The page of a stream. What is kept here is in every snapshot (`kept`); anything else is asked for by its id. It is one page all the
 * while: whoever subscribes here, or comes before the snapshot knows of the stream, keeps the focus. While the node starts it cannot know
 * its streams yet: what is shown stays, with what is typed there. Properties: `desk`, `streamId`, `kept`, `peers`, `starting`, `edition`, `now`.
 */
export class ZazenListedStream extends LitElement {
  static override properties = {
    desk: { attribute: false },
    streamId: {},
    kept: { attribute: false },
    peers: { attribute: false },
    starting: { type: Boolean },
    edition: { type: Number },
    now: { type: Number },
    stream: { state: true },
  }
  static override styles = [base]

  declare desk: Desk
  declare streamId: string
  declare kept: StreamView | null
  declare peers: readonly PeerView[]
  declare starting: boolean
  declare edition: number
  declare now: number
  /** Undefined: not answered yet. */
  declare stream: StreamView | null | undefined
  readonly #refresh: Refresh = new Refresh(this, FOLLOW_MS, () => this.#load())

  constructor() {
    super()
    this.kept = null
    this.peers = []
    this.starting = false
    this.stream = undefined
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('streamId')) this.stream = undefined
    if (changed.has('streamId') || changed.has('starting')) this.#refresh.hurry()
    // When it is no longer kept, the page stays until the node has said what is known of it.
    if (this.kept !== null) this.stream = this.kept
  }

  protected override updated(): void {
    this.#refresh.want(this.kept === null && !this.starting ? `${this.streamId}/${this.edition}` : 'kept')
  }

  override render() {
    if (this.stream === undefined) return html`<div role="status"><h1>${msg('Looking the stream up…')}</h1></div>`
    return html`<zazen-stream-page .desk=${this.desk} .streamId=${this.streamId} .stream=${this.stream} .holders=${holdersOf(this.streamId, this.peers)} .now=${this.now}></zazen-stream-page>`
  }

  async #load(): Promise<void> {
    const { streamId } = this
    if (this.kept !== null || this.starting) return
    const stream = await this.desk.neuron.stream(streamId)
    if (streamId === this.streamId) this.stream = stream
  }
}

customElements.define('zazen-listed-stream', ZazenListedStream)
