import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { Snapshot } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import './copy.ts'
import { formatDuration } from './format.ts'
import { hrefOf, type Route } from './router.ts'
import { shared } from './elements.ts'
import { verdictOf, type VerdictPart } from './verdict.ts'
import { toldWords } from './words/tell.ts'
import { Work } from './work.ts'

const pages = (): readonly { readonly route: Route; readonly label: string }[] => [
  { route: { page: 'streams' }, label: msg('Streams') },
  { route: { page: 'peers' }, label: msg('Peers') },
  { route: { page: 'publish' }, label: msg('Publish') },
  { route: { page: 'log' }, label: msg('Log') },
  { route: { page: 'settings' }, label: msg('Settings') },
]

const serverWords = (): Readonly<Record<Snapshot['server']['state'], string>> => ({
  'checked-in': msg('checked in'),
  connecting: msg('connecting'),
  waiting: msg('server not reached'),
  replaced: msg('replaced by another window'),
})

/** Name, pages, the one-line verdict, and the node itself: id, server, pause. */
export class ZazenHeader extends LitElement {
  static override properties = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    page: {},
    now: { type: Number },
  }
  static override styles = [
    shared,
    css`
      header {
        max-width: var(--page);
        margin-inline: auto;
        padding: 0.875rem clamp(0.75rem, 3vw, 2rem) 0;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 1.5rem;
      }
      .brand {
        display: inline-flex;
        align-items: center;
        gap: 0.625rem;
        text-decoration: none;
        font: 500 1.375rem/1 var(--serif);
        letter-spacing: 0.01em;
        min-height: 2.75rem;
      }
      .brand svg {
        width: 2rem;
        height: 2rem;
      }
      nav {
        display: flex;
        flex-wrap: wrap;
        gap: 0.125rem;
      }
      nav a {
        padding: 0.625rem 0.75rem;
        text-decoration: none;
        color: var(--soft);
        border-bottom: 2px solid transparent;
      }
      nav a:hover {
        color: var(--ink);
      }
      nav a[aria-current] {
        color: var(--ink);
        border-bottom-color: var(--accent);
      }
      .node {
        margin-inline-start: auto;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 1rem;
        /* Its place is kept until there is a node to tell of: nothing below moves. */
        min-height: 2.375rem;
        font-size: var(--small);
        color: var(--soft);
      }
      .server::before {
        content: '';
        display: inline-block;
        width: 0.5rem;
        height: 0.5rem;
        border-radius: 50%;
        margin-inline-end: 0.4em;
        border: 2px solid var(--strong-line);
      }
      .server.checked-in::before {
        background: var(--good);
        border-color: var(--good);
      }
      .server.waiting,
      .server.replaced {
        color: var(--bad);
      }
      .server.waiting::before,
      .server.replaced::before {
        border-color: var(--bad);
      }
      .verdict {
        margin-top: 0.875rem;
        padding-bottom: 1rem;
        border-bottom: 1px solid var(--line);
        font: 400 clamp(1.125rem, 0.95rem + 0.9vw, 1.5rem) / 1.35 var(--serif);
      }
      .why {
        margin-top: 0.25rem;
        font: 400 var(--small) / 1.45 var(--sans);
        color: var(--soft);
        overflow-wrap: anywhere;
      }
      @media (width < 40rem) {
        nav {
          margin-inline-start: auto;
        }
        nav a {
          padding-inline: 0.375rem;
        }
        .bar {
          column-gap: 0.5rem;
        }
        .node {
          column-gap: 0.75rem;
        }
        .node button {
          padding-inline: 0.5rem;
        }
        .node {
          flex-basis: 100%;
        }
        .node button {
          margin-inline-start: auto;
        }
      }
      /* The name's own line would cost a phone more than the name is worth: its mark stays. */
      @media (width < 27rem) {
        .brand span {
          display: none;
        }
        nav a {
          font-size: 0.9375rem;
          padding-inline: 0.25rem;
        }
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot | null
  declare page: Route['page']
  declare now: number
  readonly #work = new Work(this)

  constructor() {
    super()
    this.snapshot = null
    this.page = 'streams'
    this.now = 0
  }

  override render() {
    const verdict = this.snapshot === null ? null : verdictOf(this.snapshot)
    return html`<header>
      <div class="bar">
        <a class="brand" href="#/" aria-label=${msg('Zazen, all streams')}>${enso(verdict?.share ?? 1)}<span>Zazen</span></a>
        <nav aria-label=${msg('Pages')}>
          ${pages().map(
            ({ route, label }) => html`<a
                href=${hrefOf(route)}
                aria-current=${this.page === route.page ? 'page' : nothing}
              >${label}</a>`,
          )}
        </nav>
        ${this.snapshot === null ? html`<div class="node"></div>` : this.#node(this.snapshot)}
      </div>
      <div class="verdict">
        <p aria-live="polite" data-verdict>${verdict === null ? msg('Starting') : verdict.parts.map(verdictPart)}</p>
        ${this.snapshot === null ? nothing : this.#trouble(this.snapshot)}
      </div>
    </header>`
  }

  #node({ node, server, paused }: Snapshot) {
    return html`<div class="node">
      ${node.id === null
        ? nothing
        : html`<span>${msg('node')} <zazen-copy .desk=${this.desk} label=${msg('node id')} text=${node.id}></zazen-copy></span>`}
      <span class="server ${server.state}" title=${server.url}>${serverWords()[server.state]}</span>
      ${this.#work.button({
        key: 'pause',
        label: paused ? msg('Resume all') : msg('Pause all'),
        what: () => (paused ? msg('Resuming') : msg('Pausing')),
        action: () => this.desk.neuron.setPaused(null, !paused),
      })}
    </div>`
  }

  /** Why the server is not reached and what happens next; streams kept go on without it. */
  #trouble({ server }: Snapshot) {
    if (server.state === 'checked-in' || server.error === null) return nothing
    const next = server.retryInSeconds === null ? nothing : html` ${msg(str`Next try in ${formatDuration(server.retryInSeconds)}.`)}`
    return html`<p class="why">${msg(html`Server <bdi>${server.url}</bdi>`)}: <bdi dir="auto">${toldWords(server.error)}</bdi>${next}</p>`
  }
}

const verdictPart = ({ text, trouble, href }: VerdictPart, i: number) =>
  html`${i > 0 ? ' · ' : ''}<span class=${trouble ? 'bad' : ''}>${href === undefined ? text : html`<a href=${href}>${text}</a>`}</span>`

/** The circle of one brush stroke; it closes as the histories wanted arrive. */
const enso = (share: number) => html`<svg viewBox="0 0 32 32" aria-hidden="true">
  <g fill="none" stroke-width="3.2" stroke-linecap="round" transform="rotate(-58 16 16)">
    <circle cx="16" cy="16" r="12" stroke="var(--line)" pathLength="100" stroke-dasharray="90 100" />
    <circle
      cx="16"
      cy="16"
      r="12"
      stroke="currentColor"
      pathLength="100"
      stroke-dasharray=${`${Math.max(1, share * 90)} 100`}
    />
  </g>
  <circle cx="16" cy="16" r="3" fill="var(--accent)" />
</svg>`

customElements.define('zazen-header', ZazenHeader)
