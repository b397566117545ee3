import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { PeerLinkView, PeerView, SeenPeer } from '../neuron/peer-view.ts'
import type { Snapshot } from '../neuron/snapshot.ts'
import './banned-peers.ts'
import type { ZazenBannedPeers } from './banned-peers.ts'
import './confirm.ts'
import type { ZazenConfirm } from './confirm.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { entries, shared, tables } from './elements.ts'
import { formatByteRate, formatCount, formatTenths, plural, shortHash } from './format.ts'
import { ago, foreign } from './marks.ts'
import { banWords, disconnectWords, formatRtt, inOrder, namesOf, nobodyWords, scoreWords, someOf, viaWords, wayWords, type Named, type Names } from './peer-words.ts'
import { hrefOf } from './router.ts'
import { Work } from './work.ts'

const columns = (): readonly string[] => [
  msg('Peer'), msg('Connected by'), msg('Since'), msg('Round trip'), msg('In'),
  msg('Out'), msg('Pages verified'), msg('Rejected'), msg('Standing'), msg('Serves'), msg('Actions'),
]

/** Whom this node is connected to and what has come of it, with a way to end it, who was there before, and whom a person has banned. Properties: `desk`, `snapshot`, `now`. */
export class ZazenPeersPage extends LitElement {
  static override properties = { desk: { attribute: false }, snapshot: { attribute: false }, now: { type: Number }, asked: { state: true } }
  static override styles = [
    shared,
    tables,
    entries,
    css`
      td {
        vertical-align: top;
      }
      /* The words on its buttons stand under their title, and on the line of the others'. */
      .actions {
        padding-block: 0;
      }
      .actions button {
        min-height: 1.875rem;
        padding-block: 0.1875rem;
        font-size: 0.875rem;
      }
      .actions button:first-of-type {
        margin-inline-start: -0.5rem;
      }
      th zazen-copy {
        white-space: nowrap;
      }
      .streams {
        white-space: normal;
        min-width: 8rem;
        max-width: 16rem;
      }
      dl {
        margin: 0;
        display: grid;
        gap: 0.5rem;
        max-width: 46rem;
      }
      dt {
        color: var(--ink);
      }
      dd {
        margin: 0;
      }
      /* Rows become cards; roles in the markup keep the table a table for readers. */
      @media (width < 60rem) {
        table,
        tbody {
          display: grid;
          gap: 1rem;
        }
        caption,
        thead {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        tr {
          display: grid;
          grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr));
          gap: 0.5rem 1rem;
          padding-bottom: 1rem;
          border-bottom: 1px solid var(--line);
        }
        tr:last-child {
          border: 0;
          padding-bottom: 0;
        }
        td,
        th[role='rowheader'] {
          border: 0;
          padding: 0;
          text-align: start;
          white-space: normal;
          overflow-wrap: anywhere;
        }
        td:not(.actions)::before {
          content: attr(data-label);
          display: block;
          color: var(--soft);
          font-size: var(--small);
        }
        th[role='rowheader'],
        .streams,
        .actions {
          grid-column: 1 / -1;
          max-width: none;
        }
      }
      th[role='rowheader'] {
        color: var(--ink);
        font-weight: 400;
        font-size: 0.875rem;
        white-space: normal;
        vertical-align: top;
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare now: number
  /** Whom the question is about: it stays open when the row it came from goes, as it does with a peer that comes and goes. */
  declare asked: string
  readonly #work = new Work(this)

  constructor() {
    super()
    this.asked = ''
  }

  override render() {
    const peers = inOrder(this.snapshot.peers)
    return html`<div class="stack">
      <h1 tabindex="-1">${msg('Peers')}</h1>
      <p class="soft">${msg('Other people’s tabs that this one is connected to, browser to browser. They need not be trusted: every row they send is checked.')}</p>
      ${peers.length === 0 ? html`<p class="sheet" role="status">${nobodyWords(this.snapshot)}</p>` : this.#table(peers)}
      ${this.snapshot.seen.length === 0 ? nothing : this.#seen(this.snapshot.seen)}
      ${this.snapshot.banned.length === 0
        ? nothing
        : html`<zazen-banned-peers .desk=${this.desk} .banned=${this.snapshot.banned} .now=${this.now} .gone=${() => this.#title()}></zazen-banned-peers>`}
      ${peers.length === 0 ? nothing : legend()}
    </div>
    ${this.#question()}`
  }

  #seen(seen: readonly SeenPeer[]) {
    return html`<section class="sheet" aria-labelledby="seen">
      <h2 id="seen">${msg('Known, and not connected now')}</h2>
      <p class="soft small">${msg('They have served a stream that you follow. When you need them, they are tried again, also without a server.')}</p>
      <ul class="plain entries">
        ${repeat(seen, ({ id }) => id, (peer) => html`<li data-seen=${peer.id}>
          <zazen-copy .desk=${this.desk} label=${msg('id of the peer')} text=${peer.id}></zazen-copy>
          <span class="soft small">${msg(html`last seen ${ago(peer.seen, this.now)}`)}</span>
        </li>`)}
      </ul>
    </section>`
  }

  #table(peers: readonly PeerView[]) {
    const names = namesOf(this.snapshot.streams)
    return html`<section class="sheet" aria-label=${msg('Connections')}>
      <div class="scroller" tabindex="0" role="region" aria-label=${msg('Table of peers')}>
        <table role="table">
          <caption>${plural(peers.length, 'connection')}</caption>
          <thead role="rowgroup">
            <tr role="row">${columns().map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(peers, (peer) => `${peer.id} ${peer.state} ${peer.since}`, (peer) => this.#peer(peer, names))}
          </tbody>
        </table>
      </div>
    </section>`
  }

  #peer({ id, state, since, link }: PeerView, known: Names) {
    const names = columns()
    const published = someOf(known.byPublisher.get(id) ?? [])
    const served = someOf((link?.streams ?? []).flatMap((stream) => known.byId.get(stream) ?? []))
    const cells: readonly unknown[] = [
      link === null ? msg('connecting…') : html`${viaWords(link.via)}<div class="small soft">${wayWords(link.relayed)}</div>`,
      ago(since, this.now),
      ...(link === null ? NOT_YET : measured(link)),
    ]
    return html`<tr role="row" data-peer=${id} data-state=${state}>
      <th scope="row" role="rowheader">
        <zazen-copy .desk=${this.desk} label=${msg('id of the peer')} text=${id}></zazen-copy>
        ${published.streams.length === 0 ? nothing : html`<div class="small soft">${msg(html`publishes ${linksTo(published)}`)}</div>`}
      </th>
      ${cells.map((cell, i) => html`<td role="cell" class="number" data-label=${names[i + 1] ?? ''}>${cell}</td>`)}
      <td role="cell" class="streams" data-label=${names[9] ?? ''}>${linksTo(served)}</td>
      <td role="cell" class="actions" data-label=${names[10] ?? ''}>${this.#actions(id)}</td>
    </tr>`
  }

  #actions(id: string) {
    const name = shortHash(id)
    return html`${this.#work.button({ key: id, label: msg('Disconnect'), name: disconnectWords(name), look: 'quiet', what: () => msg('Disconnecting'), action: () => this.#disconnect(id) })}
      <button type="button" class="quiet" aria-haspopup="dialog" aria-label=${banWords(name)} @click=${() => this.#ask(id)}>${msg('Ban…')}</button>`
  }

  #question() {
    const { asked } = this
    return html`<zazen-confirm .desk=${this.desk} label="" question=${msg('Ban this peer?')} yes=${msg('Ban it')} no=${msg('Keep the connection')}
        .what=${() => msg('Banning the peer')} .action=${() => this.desk.neuron.banPeer(asked)} .done=${() => void this.#banned()} .left=${() => this.#kept()}>
        <p>${msg('No data goes to it any more and none comes from it: the connection ends, and there is no other, whichever side asks, until you lift the ban on this page. What it is sending now comes from others.')}</p>
        <p>${msg('Streams that it publishes may still reach you through other peers and the server, signed as ever. With another key it would be somebody new.')}</p>
      </zazen-confirm>`
  }

  #ask(id: string): void {
    this.asked = id
    this.renderRoot.querySelector<ZazenConfirm>('zazen-confirm')?.ask()
  }

  #title(): void {
    this.renderRoot.querySelector<HTMLElement>('h1')?.focus()
  }

  /** The row goes, and the button with it: what is read next is the page. */
  async #disconnect(id: string): Promise<void> {
    await this.desk.neuron.disconnectPeer(id)
    this.desk.tell({ kind: 'done', text: () => msg('Disconnected. For five minutes neither side connects again.') })
    this.#title()
  }

  /** The browser gives the focus back to the button that had it, unless that went with its row while the question was open. */
  #kept(): void {
    // Else it is nowhere, or still on the button of the dialog that nobody sees any more.
    if (this.renderRoot.querySelector('tr :focus') !== null) return
    const again = [...this.renderRoot.querySelectorAll<HTMLElement>('tr[data-peer]')].find((row) => row.dataset['peer'] === this.asked)
    const button = again?.querySelector<HTMLElement>('[aria-haspopup]') ?? null
    if (button === null) this.#title()
    else button.focus()
  }

  /** Who is the first to be banned stands in the list only with the next snapshot: until then there is none. */
  async #banned(): Promise<void> {
    this.desk.tell({ kind: 'done', text: () => msg('Banned. It stands in the list of this page until you lift that.') })
    await this.updateComplete
    const list = this.renderRoot.querySelector<ZazenBannedPeers>('zazen-banned-peers')
    if (list === null) {
      this.#title()
      return
    }
    await list.updateComplete
    list.focus()
  }
}

const NOT_YET = ['–', '–', '–', '–', '–', '–'] as const

const measured = (link: PeerLinkView) => [
  formatRtt(link.rttMs),
  formatByteRate(link.bytesInPerSecond),
  formatByteRate(link.bytesOutPerSecond),
  formatCount(link.verifiedPages),
  link.rejectedPages === 0 ? '0' : html`<span class="bad">${formatCount(link.rejectedPages)}</span>`,
  html`<span class=${link.rejectedPages > 0 ? 'bad' : ''} title=${msg(str`score ${formatTenths(link.score)}`)}>${scoreWords(link)}</span>`,
]

const linksTo = ({ streams, more }: Named) =>
  streams.length === 0
    ? '–'
    : html`${streams.map((stream, i) => html`${i === 0 ? nothing : ', '}<a href=${hrefOf({ page: 'stream', id: stream.id })}>${foreign(stream.name)}</a>`)}${more === 0
        ? nothing
        : ` ${msg(str`and ${formatCount(more)} more`)}`}`

const legend = () => html`<dl class="small soft">
  <div>
    <dt>${msg('Connected by')}</dt>
    <dd>
      ${msg('Who made the introduction: the server you are checked in at, or a PeerServer, by the peer’s id, which works without the other one. Data passes through neither. “Direct”: from browser to browser. “Relayed”: no such way was found, and a TURN server passes on what it cannot read.')}
    </dd>
  </div>
  <div>
    <dt>${msg('Standing')}</dt>
    <dd>
      ${msg('What a peer has brought lately: checked pages and speed count for it, delay, broken connections and wrong pages against it. Better ones are asked first. Praise and blame fade within the hour; a peer is cut off at its first wrong page.')}
    </dd>
  </div>
</dl>`

customElements.define('zazen-peers-page', ZazenPeersPage)
