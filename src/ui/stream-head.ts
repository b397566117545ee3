import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatCount, plural } from './format.ts'
import { ago, foreign, markStyles, verifiedMark } from './marks.ts'
import { hrefOf } from './router.ts'
import { nameWords } from './stream-name.ts'
import { Work } from './work.ts'

/**
 * What a stream is and what can be done with it: names, facts, who has it, link, pause, subscribe, unsubscribe. Properties: `desk`,
 * `stream`, `holders` (peers connected now that have it), `now`.
 */
export class ZazenStreamHead extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, holders: { type: Number }, now: { type: Number } }
  static override styles = [
    shared,
    markStyles,
    css`
      .facts {
        margin: 0.625rem 0 0;
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.25rem;
        font-size: 0.875rem;
      }
      .facts div {
        display: flex;
        gap: 0.375rem;
        min-width: 0;
        max-width: 100%;
      }
      dt {
        color: var(--soft);
      }
      dd {
        margin: 0;
        min-width: 0;
      }
      h1:focus-visible {
        outline: none;
      }
      .top {
        justify-content: space-between;
        align-items: start;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare holders: number
  declare now: number
  readonly #work = new Work(this)

  /** Where the reader goes on when a button that was pressed is gone. */
  focusTitle(): void {
    this.renderRoot.querySelector('h1')?.focus()
  }

  override render() {
    const { stream } = this
    return html`<div>
      <div class="row top">
        <h1 tabindex="-1">${foreign(nameWords(stream))}</h1>
        <div class="row">${this.#actions(stream)}</div>
      </div>
      <dl class="facts">
        ${stream.follows === null
          ? html`<div><dt>${msg('source')}</dt><dd>${foreign(stream.source)}</dd></div>`
          : html`<div><dt>${msg('predicts')}</dt><dd><a href=${hrefOf({ page: 'stream', id: stream.follows.id })}>${foreign(stream.follows.name)}</a></dd></div>`}
        ${stream.target === '' ? nothing : html`<div><dt>${msg('target')}</dt><dd>${foreign(stream.target)}</dd></div>`}
        <div><dt>${msg('publisher')}</dt><dd>${this.#publisher(stream)}</dd></div>
        <div><dt>${msg('rows')}</dt><dd class="number" data-rows=${stream.rows}>${this.#rows(stream)}</dd></div>
        ${stream.head === null
          ? nothing
          : html`<div title=${msg('What the publisher signed: the head of the history, the hash over all of its pages.')}><dt>${msg('fingerprint')}</dt><dd><zazen-copy
              .desk=${this.desk}
              label=${msg('fingerprint of the history')}
              text=${stream.head}
            ></zazen-copy></dd></div>`}
        ${stream.headTime === null
          ? nothing
          : html`<div><dt>${msg('signed')}</dt><dd>${ago(stream.headTime, this.now)}</dd></div>`}
        ${stream.rows === 0
          ? nothing
          : html`<div><dt class="seen-by-readers">${msg('state')}</dt><dd>${verifiedMark(stream)}</dd></div>`}
        ${stream.subscribers === null
          ? nothing
          : html`<div><dt>${msg('subscribers')}</dt><dd class="number">${stream.subscribers}</dd></div>`}
        ${(stream.own || stream.subscribed) && stream.rows > 0 ? html`<div><dt>${msg('also kept by')}</dt><dd class="number">${holdersWords(this.holders)}</dd></div>` : nothing}
        ${stream.paused ? html`<div><dt class="seen-by-readers">${msg('state')}</dt><dd>${msg('‖ paused')}</dd></div>` : nothing}
      </dl>
    </div>`
  }

  #publisher({ keyless, own, publisher }: StreamView) {
    if (keyless) return msg('none: nobody signs it')
    return html`${own ? html`${msg('this node')}, ` : nothing}<zazen-copy .desk=${this.desk} label=${msg('publisher key')} text=${publisher}></zazen-copy>`
  }

  #rows(stream: StreamView) {
    const here = formatCount(stream.rows)
    return stream.knownRows > stream.rows ? msg(str`${here} of ${formatCount(stream.knownRows)}`) : here
  }

  #actions(stream: StreamView) {
    const { neuron } = this.desk
    const kept = stream.own || stream.subscribed
    const pause = this.#work.button({
      key: 'pause',
      label: stream.paused ? msg('Resume') : msg('Pause'),
      what: () => (stream.paused ? msg('Resuming') : msg('Pausing')),
      action: () => neuron.setPaused(stream.id, !stream.paused),
    })
    const subscribe = this.#work.button({
      key: 'subscribe',
      label: msg('Subscribe'),
      look: 'primary',
      what: () => msg('Subscribing'),
      action: () => neuron.subscribe(stream.id),
    })
    const link = this.#work.button({ key: 'link', label: msg('Copy link'), look: 'quiet', what: () => msg('Copying the link'), action: () => this.#copyLink(stream.id) })
    if (!kept) return html`${link}${subscribe}`
    return html`${link}${pause}${stream.own ? nothing : this.#unsubscribe(stream)}`
  }

  /** Without the profile: whoever opens it has a node of their own. */
  async #copyLink(id: string): Promise<void> {
    await navigator.clipboard.writeText(new URL(hrefOf({ page: 'stream', id }), `${location.origin}${location.pathname}`).href)
    this.desk.tell({ kind: 'done', text: () => msg('The link is copied: whoever opens it can follow this stream.') })
  }

  #unsubscribe(stream: StreamView) {
    return html`<zazen-confirm
      .desk=${this.desk}
      label=${msg('Unsubscribe')}
      question=${msg(str`Unsubscribe from ${nameWords(stream)}?`)}
      yes=${msg('Unsubscribe')}
      no=${msg('Keep it')}
      .what=${() => msg('Unsubscribing')}
      .action=${() => this.desk.neuron.unsubscribe(stream.id)}
      .done=${() => this.focusTitle()}
    >
      <p>
        ${stream.follows !== null
          ? msg('New rows stop arriving. Those that are here stay, until you forget the stream. You can subscribe again whenever somebody serves it.')
          : msg('New rows stop arriving and this node stops predicting the stream. The rows that are here stay, until you forget the stream. You can subscribe again whenever somebody serves it.')}
      </p>
    </zazen-confirm>`
  }
}

const holdersWords = (holders: number) =>
  holders === 0 ? msg('nobody connected now') : html`<a href=${hrefOf({ page: 'peers' })}>${plural(holders, 'peer')}</a>`

customElements.define('zazen-stream-head', ZazenStreamHead)
