import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { keepChoices, readChoices } from './choices.ts'
import { dialogs, shared } from './elements.ts'
import { hrefOf, type Route } from './router.ts'

interface Shortcut {
  readonly key: string
  /** Null: it is no page; what it does is decided below. */
  readonly route: Route | null
}

const SHORTCUTS: readonly Shortcut[] = [
  { key: 's', route: { page: 'streams' } },
  { key: 'p', route: { page: 'peers' } },
  { key: 'n', route: { page: 'publish' } },
  { key: 'l', route: { page: 'log' } },
  { key: 't', route: { page: 'settings' } },
  { key: '/', route: null },
  { key: '?', route: null },
]

/** By key. */
const shortcutWords = (): Readonly<Record<string, string>> => ({
  s: msg('Streams'),
  p: msg('Peers'),
  n: msg('Publish a new stream'),
  l: msg('Log'),
  t: msg('Settings'),
  '/': msg('Search on this page'),
  '?': msg('These shortcuts'),
})

/**
 * Single keys that lead somewhere, and the dialog that lists them. Speech and stray fingers press single keys too, so they can be
 * switched off there; `?` stays. Property: `find`, which puts the focus into the page's search and answers whether there is one.
 */
export class ZazenShortcuts extends LitElement {
  static override properties = { find: { attribute: false }, on: { state: true }, wasAsked: { state: true } }
  static override styles = [
    shared,
    dialogs,
    css`
      dialog {
        width: min(26rem, calc(100vw - 2rem));
      }
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 0.375rem 1rem;
        margin: 1rem 0;
      }
      dd {
        margin: 0;
      }
      kbd {
        font-family: var(--mono);
        border: 1px solid var(--strong-line);
        border-radius: 4px;
        padding: 0.0625rem 0.4375rem;
      }
      .row {
        justify-content: end;
        margin-top: 1rem;
      }
    `,
  ]

  declare find: () => boolean
  declare on: boolean
  /** Before that there is no dialog: most people never see it, and everybody's first frame would wait for it. */
  declare wasAsked: boolean
  #stop: (() => void) | null = null

  constructor() {
    super()
    this.find = () => false
    this.on = readChoices(localStorage).keys
    this.wasAsked = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const ending = new AbortController()
    document.addEventListener('keydown', (event) => this.#pressed(event), ending)
    this.#stop = () => ending.abort()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
  }

  ask(): void {
    this.wasAsked = true
    void this.updateComplete.then(() => this.#dialog()?.showModal())
  }

  override render() {
    if (!this.wasAsked) return nothing
    const words = shortcutWords()
    return html`<dialog aria-labelledby="title">
      <h2 id="title">${msg('Keyboard')}</h2>
      <dl>${SHORTCUTS.map(({ key }) => html`<dt><kbd>${key}</kbd></dt><dd>${words[key]}</dd>`)}
        <dt><kbd>Tab</kbd></dt><dd>${msg('The next thing that can be pressed or filled in')}</dd>
        <dt><kbd>Esc</kbd></dt><dd>${msg('Close a dialog')}</dd>
      </dl>
      <label class="check"><input type="checkbox" .checked=${this.on} @change=${(event: Event) => this.#switch(event)} />
        <span>${msg('Single keys lead to pages')}</span></label>
      <div class="row"><button autofocus @click=${() => this.#dialog()?.close()}>${msg('Close')}</button></div>
    </dialog>`
  }

  #pressed(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
    // Behind an open dialog nothing may move.
    if (event.composedPath().some((node) => node instanceof HTMLDialogElement)) return
    const shortcut = SHORTCUTS.find(({ key }) => key === event.key)
    if (shortcut === undefined || (!this.on && shortcut.key !== '?')) return
    if (shortcut.key === '?') this.ask()
    else if (shortcut.route !== null) location.hash = hrefOf(shortcut.route)
    else if (!this.find()) return
    event.preventDefault()
  }

  #switch(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return
    this.on = event.target.checked
    keepChoices(localStorage, { ...readChoices(localStorage), keys: this.on })
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }
}

/** Letters belong to the field that is being filled in, and to the list that is being chosen from. */
const isTyping = (event: KeyboardEvent): boolean => {
  const [at] = event.composedPath()
  return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && !PRESSED.includes(at.type))
}

const PRESSED: readonly string[] = ['checkbox', 'radio', 'button', 'file']

/** The first search field in the tree, through all shadow roots. */
export const findSearch = (root: ParentNode): HTMLInputElement | null => {
  for (const element of root.querySelectorAll('*')) {
    if (element instanceof HTMLInputElement && element.type === 'search') return element
    const within = element.shadowRoot === null ? null : findSearch(element.shadowRoot)
    if (within !== null) return within
  }
  return null
}

customElements.define('zazen-shortcuts', ZazenShortcuts)
