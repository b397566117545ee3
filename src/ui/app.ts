import { LitElement, css, html, nothing } from 'lit'
import { failureOf } from '../base/result.ts'
import type { NeuronCommands, Snapshot } from '../neuron/snapshot.ts'
import { createAlerts, showBadge, showNotification } from './alerts.ts'
import { attentionOf, type Attention } from './attention.ts'
import { readChoices } from './choices.ts'
import type { Desk, Note } from './desk.ts'
import type { Household } from './household.ts'
import { isStarting, verdictOf } from './verdict.ts'
import { parseRoute, sameRoute, type Route } from './router.ts'
import { shared } from './elements.ts'
import { adoptTokens } from './theme.ts'
import './header.ts'
import './listed-stream.ts'
import './log-page.ts'
import './peers-page.ts'
import './publish-page.ts'
import './startup.ts'
import './settings-page.ts'
import { readStorage, type StorageState } from './storage-state.ts'
import { findSearch, type ZazenShortcuts } from './shortcuts.ts'
import './shortcuts.ts'
import './stream-page.ts'
import './streams-page.ts'
import { ZazenToasts } from './toasts.ts'
import { WakeLock } from './wake-lock.ts'

export interface AppDeps {
  readonly neuron: NeuronCommands
  readonly household: Household
  readonly reload: () => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Hands over how to apply a new version as soon as one waits. */
  readonly onUpdateReady?: (listen: (apply: () => void) => void) => void
}

/** Shows the node inside `root`; the answer takes it away again. */
export const mountApp = (root: HTMLElement, deps: AppDeps): (() => void) => {
  adoptTokens()
  const app = new ZazenApp(deps)
  root.replaceChildren(app)
  deps.onUpdateReady?.((apply) => app.offerUpdate(apply))
  return () => app.remove()
}

/** Relative times ("2 min ago") are refreshed this often while the page is seen. */
const TICK_MS = 10_000

/** The root: owns the newest snapshot, the route and the title; hands both down and nothing else. */
export class ZazenApp extends LitElement {
  static override properties = {
    snapshot: { state: true },
    route: { state: true },
    applyUpdate: { state: true },
    storage: { state: true },
  }
  static override styles = [
    shared,
    css`
      :host {
        min-height: 100dvh;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: auto 1fr auto;
      }
      main {
        width: 100%;
        max-width: var(--page);
        margin-inline: auto;
        padding: 1.5rem clamp(0.75rem, 3vw, 2rem) 3rem;
      }
      /* Focus goes here after navigating; a frame around the whole page would tell nobody anything. */
      main:focus-visible {
        outline: none;
      }
      footer {
        padding: 1rem clamp(0.75rem, 3vw, 2rem);
        display: flex;
        flex-wrap: wrap;
        gap: 0 1rem;
        align-items: center;
        justify-content: center;
      }
      .skip {
        position: absolute;
        inset-block-start: -4rem;
        inset-inline-start: 0.5rem;
        z-index: 20;
        background: var(--sheet);
      }
      .skip:focus {
        inset-block-start: 0.5rem;
      }
      .update {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        justify-content: center;
        padding: 0.5rem 1rem;
        background: var(--wash);
      }
    `,
  ]

  declare snapshot: Snapshot | null
  declare route: Route
  declare applyUpdate: (() => void) | null
  declare storage: StorageState | null
  readonly #deps: AppDeps
  readonly #desk: Desk
  readonly #alerts: ReturnType<typeof createAlerts>
  readonly #toasts = new ZazenToasts()
  readonly #screen = new WakeLock()
  /** Came while the page was hidden: painted when it is seen again. */
  #unseen: Snapshot | null = null
  #stop: (() => void) | null = null

  constructor(deps: AppDeps) {
    super()
    this.#deps = deps
    this.snapshot = null
    this.applyUpdate = null
    this.storage = null
    this.route = parseRoute(location.hash)
    this.#alerts = createAlerts({
      now: deps.now,
      isWanted: () => document.hidden && readChoices(localStorage).notify && 'Notification' in globalThis && Notification.permission === 'granted',
      notify: (text) => void showNotification(text),
      badge: showBadge,
    })
    this.#desk = { neuron: deps.neuron, now: deps.now, tell: (note: Note) => this.#toasts.show(note) }
  }

  offerUpdate(apply: () => void): void {
    this.applyUpdate = apply
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const ending = new AbortController()
    window.addEventListener('hashchange', () => this.#go(), ending)
    document.addEventListener('visibilitychange', () => this.#paint(this.#unseen ?? this.snapshot), ending)
    const tick = setInterval(() => document.hidden || void this.#lookAround(), TICK_MS)
    this.#stop = () => {
      clearInterval(tick)
      ending.abort()
    }
    void this.#observe(ending.signal)
    void this.#lookAround()
    void this.#screen.want(readChoices(localStorage).awake)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#stop = null
  }

  override render() {
    const { snapshot } = this
    const now = this.#deps.now()
    return html`
      <button class="skip" @click=${() => this.renderRoot.querySelector('main')?.focus()}>Skip to the content</button>
      <div>
        ${this.#updateBar()}
        <zazen-header .desk=${this.#desk} .snapshot=${snapshot} .page=${this.route.page} .now=${now}></zazen-header>
      </div>
      <main tabindex="-1" id="main">
        ${snapshot === null ? html`<p class="soft">Waiting for the node…</p>` : this.#page(snapshot, now)}
      </main>
      <footer class="soft small">
        ${snapshot === null ? nothing : nodeLine(snapshot.node)}
        <button class="quiet" @click=${() => this.renderRoot.querySelector<ZazenShortcuts>('zazen-shortcuts')?.ask()}>Keyboard</button>
      </footer>
      <zazen-shortcuts .find=${() => this.#find()}></zazen-shortcuts>
      ${this.#toasts}
    `
  }

  #page(snapshot: Snapshot, now: number) {
    const desk = this.#desk
    const startup = isStarting(snapshot) ? html`<zazen-startup .steps=${snapshot.startup}></zazen-startup>` : nothing
    switch (this.route.page) {
      case 'streams':
        return html`${startup}<zazen-streams-page
          .desk=${desk}
          .snapshot=${snapshot}
          .now=${now}
          .attention=${this.#attention(snapshot)}
          .storage=${this.storage}
        ></zazen-streams-page>`
      case 'stream': {
        const { id } = this.route
        const stream = snapshot.streams.find((candidate) => candidate.id === id) ?? null
        // Of thousands that are listed the node tells only what is asked for.
        return html`<zazen-listed-stream
          .desk=${desk}
          .streamId=${id}
          .kept=${stream}
          .edition=${snapshot.listed.edition}
          .now=${now}
        ></zazen-listed-stream>`
      }
      case 'peers':
        return html`<zazen-peers-page .desk=${desk} .snapshot=${snapshot} .now=${now}></zazen-peers-page>`
      case 'publish':
        return html`${startup}<zazen-publish-page .desk=${desk}></zazen-publish-page>`
      case 'log':
        return html`<zazen-log-page .desk=${desk} .snapshot=${snapshot}></zazen-log-page>`
      case 'settings':
        return html`<zazen-settings-page
          .desk=${desk}
          .snapshot=${snapshot}
          .household=${this.#deps.household}
          .screen=${this.#screen}
          .reload=${this.#deps.reload}
        ></zazen-settings-page>`
      case 'unknown':
        return html`<div class="stack">
          <h1>There is nothing at this address</h1>
          <p class="soft">No page is called “<bdi dir="auto">${this.route.path}</bdi>”.</p>
          <p><a href="#/">All streams</a></p>
        </div>`
    }
  }

  #updateBar() {
    const apply = this.applyUpdate
    if (apply === null) return nothing
    return html`<div class="update" role="status">
      A new version of Zazen is ready. <button class="primary" @click=${apply}>Reload to use it</button>
      <button class="quiet" @click=${() => (this.applyUpdate = null)}>Later</button>
    </div>`
  }

  async #observe(ended: AbortSignal): Promise<void> {
    try {
      const { neuron } = this.#deps
      const handle = await neuron.observe((snapshot) => ended.aborted || this.#receive(snapshot))
      const first = await neuron.snapshot()
      if (this.snapshot === null) this.#receive(first)
      if (ended.aborted) await neuron.unobserve(handle)
      else ended.addEventListener('abort', () => void this.#release(handle), { once: true })
    } catch (thrown) {
      this.#desk.tell({ kind: 'failed', what: 'Watching the node', failure: failureOf(thrown) })
    }
  }

  /** The page is going away: there is nobody left to tell, and a node that is gone too has forgotten us anyway. */
  async #release(handle: number): Promise<void> {
    await this.#deps.neuron.unobserve(handle).catch(() => undefined)
  }

  /** A hidden page only keeps its title: that is what shows the browser that this tab is alive. */
  #receive(snapshot: Snapshot): void {
    const { title } = verdictOf(snapshot)
    this.#alerts.heard(this.#attention(snapshot))
    document.title = title === '' ? 'Zazen' : `${title} · Zazen`
    if (document.hidden && this.snapshot !== null) this.#unseen = snapshot
    else this.#paint(snapshot)
  }

  #find(): boolean {
    const search = findSearch(this.renderRoot)
    search?.focus()
    return search !== null
  }

  #attention(snapshot: Snapshot): readonly Attention[] {
    return attentionOf(snapshot, { storage: this.storage, isBackedUp: this.#deps.household.isBackedUp })
  }

  /** What no snapshot tells: relative times move on, and so does the disk. */
  async #lookAround(): Promise<void> {
    this.storage = await readStorage()
    this.requestUpdate()
  }

  #paint(snapshot: Snapshot | null): void {
    this.#unseen = null
    this.snapshot = snapshot
  }

  #go(): void {
    const next = parseRoute(location.hash)
    if (sameRoute(next, this.route)) return
    this.route = next
    void this.updateComplete.then(() => {
      window.scrollTo(0, 0)
      this.renderRoot.querySelector('main')?.focus({ preventScroll: true })
    })
  }
}

/** The version, and which of several nodes in this browser it is. */
const nodeLine = ({ version, profile }: Snapshot['node']) =>
  html`Zazen ${version}${profile === 'main' || profile === '' ? nothing : html` · profile <bdi>${profile}</bdi>`}`

customElements.define('zazen-app', ZazenApp)
