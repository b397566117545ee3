import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { failureOf, type Result } from '../base/result.ts'
import type { Household } from '../neuron/household.ts'
import type { NeuronCommands } from '../neuron/neuron-commands.ts'
import type { Snapshot } from '../neuron/snapshot.ts'
import { createAlerts, showBadge, showNotification } from './alerts.ts'
import { attentionOf, type Attention } from './attention.ts'
import { readChoices } from './choices.ts'
import type { Desk, Note } from './desk.ts'
import { isStarting, isUsable, verdictOf } from './verdict.ts'
import { loadPage } from './pages.ts'
import { hrefOf, parseRoute, sameRoute, type Route } from './router.ts'
import { shared } from './elements.ts'
import { adoptTokens } from './theme.ts'
import './header.ts'
import './startup.ts'
import { readStorage, type StorageState } from './storage-state.ts'
import { findSearch, type ZazenShortcuts } from './shortcuts.ts'
import './shortcuts.ts'
import './streams-page.ts'
import { unloaded } from './unloaded.ts'
import { ZazenToasts } from './toasts.ts'
import { WakeLock } from './wake-lock.ts'

export interface AppDeps {
  readonly neuron: NeuronCommands
  readonly household: Household
  readonly reload: () => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Goes on in a turn of its own. */
  readonly nextTurn: () => Promise<void>
}

export interface MountedApp {
  /** The node runs in another tab and is shown here; `takeOver` brings it here. Null: it runs here. */
  runsElsewhere(takeOver: (() => void) | null): void
  /** A new version waits; `apply` loads every tab anew. */
  offerUpdate(apply: () => void): void
  /** A CSV that the system has opened the app with, or why one that was shared could not be kept. */
  receive(file: Result<File>): void
}

/** Shows the node inside `root`. */
export const mountApp = (root: HTMLElement, deps: AppDeps): MountedApp => {
  adoptTokens()
  const app = new ZazenApp(deps)
  root.replaceChildren(app)
  return app
}

/** Relative times ("2 min ago") are refreshed this often while the page is seen. */
const TICK_MS = 10_000

/** The root: owns the newest snapshot, the route and the title; hands both down and nothing else. */
export class ZazenApp extends LitElement implements MountedApp {
  static override properties = {
    snapshot: { state: true },
    takeOver: { state: true },
    taking: { state: true },
    incoming: { state: true },
    isIncomplete: { state: true },
    updating: { state: true },
    route: { state: true },
    applyUpdate: { state: true },
    storage: { state: true },
    hasHead: { state: true },
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
      footer.later {
        visibility: hidden;
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
      .bar {
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
  /** The new version waits for what is under way. */
  declare updating: boolean
  /** Brings the node here from the tab in which it runs; null: it runs here. */
  declare takeOver: (() => void) | null
  /** It was asked for, and is on its way. */
  declare taking: boolean
  /** A file that came from outside, for the page that imports. */
  declare incoming: File | null
  declare storage: StorageState | null
  /** What stands above everything else has been drawn; the rest follows in the next turn, so that neither keeps the page for long. */
  declare hasHead: boolean
  /** A file of the page that is shown could not be had. */
  declare isIncomplete: boolean
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
    this.updating = false
    this.takeOver = null
    this.taking = false
    this.incoming = null
    this.storage = null
    this.hasHead = false
    this.isIncomplete = false
    this.route = parseRoute(location.hash)
    this.#alerts = createAlerts({
      now: deps.now,
      // The tab that is the node tells; those that watch it would only repeat it.
      isWanted: () => this.takeOver === null && document.hidden && readChoices(localStorage).notify && 'Notification' in globalThis && Notification.permission === 'granted',
      notify: (text) => void showNotification(text),
      badge: showBadge,
    })
    this.#desk = { neuron: deps.neuron, now: deps.now, tell: (note: Note) => this.#toasts.show(note) }
  }

  offerUpdate(apply: () => void): void {
    this.applyUpdate = apply
  }

  runsElsewhere(takeOver: (() => void) | null): void {
    this.takeOver = takeOver
    this.taking = false
  }

  receive(file: Result<File>): void {
    if (file.ok) this.incoming = file.value
    else this.#desk.tell({ kind: 'failed', what: () => msg('Taking the shared file'), failure: file.error })
    location.hash = hrefOf({ page: 'publish' })
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
    this.#load()
    void this.#observe(ending.signal)
    void this.#lookAround()
    void this.#screen.want(readChoices(localStorage).awake)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#stop = null
  }

  /** Nothing is drawn in the turn in which the app is made. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await this.#deps.nextTurn()
    await super.scheduleUpdate()
  }

  protected override firstUpdated(): void {
    void this.#deps.nextTurn().then(() => (this.hasHead = true))
  }

  protected override updated(): void {
    if (this.snapshot !== null) entitle(this.snapshot)
  }

  override render() {
    const { snapshot } = this
    const now = this.#deps.now()
    return html`
      <button class="skip" @click=${() => this.renderRoot.querySelector('main')?.focus()}>${msg('Skip to the content')}</button>
      <div>
        ${this.#updateBar()} ${this.#elsewhereBar()}
        <zazen-header .desk=${this.#desk} .snapshot=${snapshot} .page=${this.route.page} .now=${now}></zazen-header>
      </div>
      ${this.hasHead ? this.#rest(snapshot, now) : nothing}
    `
  }

  #rest(snapshot: Snapshot | null, now: number) {
    return html`
      <main tabindex="-1" id="main">
        ${this.isIncomplete ? unloaded(this.#deps.reload, this.route.page !== 'streams') : nothing}
        ${snapshot === null ? html`<p class="soft">${msg('Waiting for the node…')}</p>` : this.#page(snapshot, now)}
      </main>
      <footer class="soft small ${isSettling(snapshot) ? 'later' : ''}">
        ${snapshot === null ? nothing : html`<span>${nodeLine(snapshot.node)}</span>`}
        <button class="quiet" @click=${() => this.renderRoot.querySelector<ZazenShortcuts>('zazen-shortcuts')?.ask()}>${msg('Keyboard')}</button>
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
          .failed=${() => this.#miss()}
        ></zazen-streams-page>`
      case 'stream': {
        const { id } = this.route
        const stream = snapshot.streams.find((candidate) => candidate.id === id) ?? null
        // Of thousands that are listed the node tells only what is asked for.
        return html`<zazen-listed-stream
          .desk=${desk}
          .streamId=${id}
          .kept=${stream}
          .peers=${snapshot.peers}
          .starting=${!isUsable(snapshot)}
          .edition=${snapshot.listed.edition}
          .now=${now}
        ></zazen-listed-stream>`
      }
      case 'peers':
        return html`<zazen-peers-page .desk=${desk} .snapshot=${snapshot} .now=${now}></zazen-peers-page>`
      case 'publish':
        return html`${startup}<zazen-publish-page .desk=${desk} .incoming=${this.incoming} .taken=${() => (this.incoming = null)}></zazen-publish-page>`
      case 'log':
        return html`<zazen-log-page .desk=${desk} .snapshot=${snapshot}></zazen-log-page>`
      case 'settings':
        return html`<zazen-settings-page
          .desk=${desk}
          .snapshot=${snapshot}
          .household=${this.#deps.household}
          .screen=${this.#screen}
          .reload=${this.takeOver === null ? this.#deps.reload : () => this.#take()}
        ></zazen-settings-page>`
      case 'unknown':
        return html`<div class="stack">
          <h1>${msg('There is nothing at this address')}</h1>
          <p class="soft">${msg(html`No page is called “<bdi dir="auto">${this.route.path}</bdi>”.`)}</p>
          <p><a href="#/">${msg('All streams')}</a></p>
        </div>`
    }
  }

  #updateBar() {
    const apply = this.applyUpdate
    if (apply === null) return nothing
    const { updating } = this
    return html`<div class="bar" role="status">
      ${updating ? msg('The new version starts as soon as what is under way has ended.') : msg('A new version of Zazen is ready.')}
      <button class="primary" aria-busy=${updating} aria-disabled=${updating} @click=${() => void this.#update(apply)}>${msg('Reload to use it')}</button>
      ${updating ? nothing : html`<button class="quiet" @click=${() => (this.applyUpdate = null)}>${msg('Later')}</button>`}
    </div>`
  }

  #elsewhereBar() {
    if (this.takeOver === null) return nothing
    return html`<div class="bar" role="status">
      ${msg('This node runs in another tab. You see it live, and what you do here is done there.')}
      <button aria-busy=${this.taking} aria-disabled=${this.taking} @click=${() => this.#take()}>${msg('Use it here')}</button>
    </div>`
  }

  /** Asked once: a second time it would be taken from this tab itself. */
  #take(): void {
    if (this.taking) return
    this.taking = true
    this.takeOver?.()
  }

  /** A reload would throw away what is half imported, in this tab or another; the rest is on disk. */
  async #update(apply: () => void): Promise<void> {
    if (this.updating) return
    this.updating = true
    try {
      await this.#deps.neuron.prepareEnd()
      apply()
    } catch (thrown) {
      this.updating = false
      this.#desk.tell({ kind: 'failed', what: () => msg('Updating'), failure: failureOf(thrown) })
    }
  }

  async #observe(ended: AbortSignal): Promise<void> {
    try {
      const { neuron } = this.#deps
      const handle = await neuron.observe((snapshot) => ended.aborted || this.#receive(snapshot))
      const first = this.snapshot ?? (await neuron.snapshot())
      // A newer one may have come before it.
      if (this.snapshot === null) this.#receive(first)
      if (ended.aborted) await neuron.unobserve(handle)
      else ended.addEventListener('abort', () => void this.#release(handle), { once: true })
    } catch (thrown) {
      this.#desk.tell({ kind: 'failed', what: () => msg('Watching the node'), failure: failureOf(thrown) })
    }
  }

  /** The page is going away: there is nobody left to tell, and a node that is gone too has forgotten us anyway. */
  async #release(handle: number): Promise<void> {
    await this.#deps.neuron.unobserve(handle).catch(() => undefined)
  }

  /** A hidden page only keeps its title: that is what shows the browser that this tab is alive. */
  #receive(snapshot: Snapshot): void {
    this.#alerts.heard(this.#attention(snapshot))
    entitle(snapshot)
    if (document.hidden && this.snapshot !== null) this.#unseen = snapshot
    else this.#paint(snapshot)
  }

  #find(): boolean {
    const search = findSearch(this.renderRoot)
    search?.focus()
    return search !== null
  }

  #attention(snapshot: Snapshot): readonly Attention[] {
    const { budget, isBackedUp } = this.#deps.household
    const isOver = this.#deps.household.isOverBudget(this.storage?.usedBytes ?? null)
    return attentionOf(snapshot, { storage: this.storage, overBudget: isOver ? budget : null, isBackedUp })
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

  /** A part of home did not come; whoever has gone elsewhere meanwhile lacks nothing. */
  #miss(): void {
    if (this.route.page === 'streams') this.isIncomplete = true
  }

  #load(): void {
    const { route } = this
    loadPage(route.page).catch(() => {
      if (this.route === route) this.isIncomplete = true
    })
  }

  #go(): void {
    const next = parseRoute(location.hash)
    if (sameRoute(next, this.route)) return
    this.route = next
    this.isIncomplete = false
    this.#load()
    void this.updateComplete.then(() => {
      window.scrollTo(0, 0)
      this.renderRoot.querySelector('main')?.focus({ preventScroll: true })
    })
  }
}

/** What is shown next is something else: whatever stands below it would move. */
const isSettling = (snapshot: Snapshot | null): boolean =>
  snapshot === null || (!isUsable(snapshot) && snapshot.startup.every(({ state }) => state !== 'failed'))

const entitle = (snapshot: Snapshot): void => {
  const { title } = verdictOf(snapshot)
  document.title = title === '' ? 'Zazen' : `${title} · Zazen`
}

/** The version, and which of several nodes in this browser it is. */
const nodeLine = ({ version, profile }: Snapshot['node']) =>
  html`Zazen ${version}${profile === 'main' || profile === '' ? nothing : html` · ${msg(html`profile <bdi>${profile}</bdi>`)}`}`

customElements.define('zazen-app', ZazenApp)
