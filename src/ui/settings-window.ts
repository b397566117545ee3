import { LitElement, css, html, nothing } from 'lit'
import { THEMES, keepChoices, readChoices, type Choices, type Theme } from './choices.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { applyTheme } from './theme.ts'
import { readStorage, storageWords, type StorageState } from './storage-state.ts'
import { WakeLock } from './wake-lock.ts'
import { Work } from './work.ts'

const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' }

/** The window and its machine: theme, storage, screen, notifications. Properties: `desk`, `screen`. */
export class ZazenSettingsWindow extends LitElement {
  static override properties = {
    desk: { attribute: false },
    screen: { attribute: false },
    choices: { state: true },
    storage: { state: true },
    said: { state: true },
  }
  static override styles = [
    shared,
    css`
      fieldset {
        border: 0;
        margin: 0.75rem 0 0;
        padding: 0;
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.25rem;
      }
      legend {
        padding: 0;
        margin-bottom: 0.25rem;
        font-size: var(--small);
        color: var(--soft);
      }
      .part {
        border-top: 1px solid var(--line);
        padding-top: 0.75rem;
        margin-top: 0.75rem;
        display: grid;
        gap: 0.375rem;
        justify-items: start;
      }
    `,
  ]

  declare desk: Desk
  declare screen: WakeLock
  declare choices: Choices
  declare storage: StorageState | null
  /** What the browser answered when it was asked for something. */
  declare said: { readonly storage: string; readonly notify: string; readonly awake: string }
  readonly #work = new Work(this)

  constructor() {
    super()
    this.choices = readChoices(localStorage)
    this.storage = null
    this.said = { storage: '', notify: '', awake: '' }
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#look()
  }

  override render() {
    const { theme, awake, notify } = this.choices
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">This window</h2>
      <fieldset>
        <legend>Colours</legend>
        ${THEMES.map((name) => html`<label class="check"><input type="radio" name="theme" .checked=${name === theme} @change=${() => this.#theme(name)} />${THEME_WORDS[name]}</label>`)}
      </fieldset>
      <div class="part">
        <h3>Storage</h3>
        <p>${this.storage === null ? 'This browser does not tell how much room there is.' : html`${storageWords(this.storage)}.`}</p>
        ${this.storage === null || this.storage.persisted
          ? nothing
          : this.#work.button({ key: 'persist', label: 'Keep it for good', what: 'Asking to keep the storage', action: () => this.#persist() })}
        <p class="soft small" role="status">${this.said.storage}</p>
      </div>
      <div class="part">
        <h3>Staying alive</h3>
        <p class="soft small">A node works while its tab is open, seen or not. Browsers put tabs to sleep that they think nobody needs: an installed app, or one that may send notifications, is left alone.</p>
        <label class="check"><input type="checkbox" .checked=${notify} @change=${(event: Event) => void this.#notify(event)} />
          <span>Tell me when something needs attention while I look elsewhere</span></label>
        <p class="soft small" role="status">${this.said.notify}</p>
        ${WakeLock.isPossible
          ? html`<label class="check"><input type="checkbox" .checked=${awake} @change=${(event: Event) => void this.#awake(event)} />
              <span>Keep the screen on while this window is seen</span></label>`
          : nothing}
        <p class="soft small" role="status">${this.said.awake}</p>
      </div>
    </section>`
  }

  #choose(change: Partial<Choices>): void {
    this.choices = { ...readChoices(localStorage), ...change }
    keepChoices(localStorage, this.choices)
  }

  #theme(theme: Theme): void {
    this.#choose({ theme })
    applyTheme(theme)
  }

  async #look(): Promise<void> {
    this.storage = await readStorage()
  }

  async #persist(): Promise<void> {
    const isKept = await navigator.storage.persist()
    await this.#look()
    const storage = isKept
      ? 'The browser keeps it now.'
      : 'The browser says no for now. It says yes once the app is installed, or is used more often: ask again then.'
    this.said = { ...this.said, storage }
  }

  async #notify(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return
    const box = event.target
    const wanted = box.checked
    const isAllowed = !wanted || ('Notification' in globalThis && (await Notification.requestPermission()) === 'granted')
    this.#choose({ notify: wanted && isAllowed })
    box.checked = this.choices.notify
    const notify = isAllowed ? '' : 'The browser does not allow notifications for this site. Its settings, beside the address, can allow them.'
    this.said = { ...this.said, notify }
  }

  async #awake(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return
    const wanted = event.target.checked
    this.#choose({ awake: wanted })
    const isOn = await this.screen.want(wanted)
    this.said = { ...this.said, awake: wanted && !isOn ? 'The browser does not keep the screen on now, perhaps to spare the battery. It is asked again.' : '' }
  }
}

customElements.define('zazen-settings-window', ZazenSettingsWindow)
