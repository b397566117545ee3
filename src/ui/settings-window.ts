import { msg, str } from '@lit/localize'
import { css, html, nothing } from 'lit'
import { THEMES, keepChoices, readChoices, type Choices, type Theme } from './choices.ts'
import { shared } from './elements.ts'
import { SettingsPart } from './settings-part.ts'
import { applyTheme } from './theme.ts'
import { readStorage, storageWords, type StorageState } from './storage-state.ts'
import { WakeLock } from './wake-lock.ts'
import { LANGUAGE_CHOICES, LANGUAGE_NAMES, speak, type LanguageChoice } from './words/language.ts'

const themeWords = (): Readonly<Record<Theme, string>> => ({ system: msg('As the system'), light: msg('Light'), dark: msg('Dark') })

/** The window and its machine: theme, storage, screen, notifications. Properties: `desk`, `household`, `screen`. */
export class ZazenSettingsWindow extends SettingsPart {
  static override properties = {
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

  declare screen: WakeLock
  declare choices: Choices
  declare storage: StorageState | null
  /** What the browser answered when it was asked for something; null: nothing that has to be said. */
  declare said: { readonly storage: 'kept' | 'refused' | null; readonly notify: 'refused' | null; readonly awake: 'refused' | null }

  constructor() {
    super()
    this.choices = readChoices(localStorage)
    this.storage = null
    this.said = { storage: null, notify: null, awake: null }
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#look()
  }

  override render() {
    const { theme, language, awake, notify } = this.choices
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('This window')}</h2>
      <fieldset>
        <legend>${msg('Colours')}</legend>
        ${THEMES.map((name) => html`<label class="check"><input type="radio" name="theme" .checked=${name === theme} @change=${() => this.#theme(name)} />${themeWords()[name]}</label>`)}
      </fieldset>
      <fieldset>
        <legend>${msg('Language')}</legend>
        ${LANGUAGE_CHOICES.map((name) => html`<label class="check" lang=${name === 'system' ? nothing : name}><input type="radio" name="language"
            .checked=${name === language} @change=${() => void this.#language(name)} />${languageWords(name)}</label>`)}
      </fieldset>
      <div class="part">
        <h3>${msg('Storage')}</h3>
        <p>${this.storage === null ? msg('This browser does not tell how much room there is.') : html`${storageWords(this.storage)}.`}</p>
        ${this.storage === null || this.storage.persisted
          ? nothing
          : this.work.button({ key: 'persist', label: msg('Keep it for good'), what: () => msg('Asking to keep the storage'), action: () => this.#persist() })}
        <p class="soft small" role="status">${storageAnswer(this.said.storage)}</p>
        <label>${msg('Of the disk it may use')}<select name="budget" aria-describedby="budget" @change=${(event: Event) => void this.#budget(event)}>
            <option value="" ?selected=${this.household.budget === null}>${msg('as much as the browser gives')}</option>
            ${this.household.budgets.map((budget) => html`<option value=${budget} ?selected=${budget === this.household.budget}>${msg(str`at most ${budget} GB`)}</option>`)}
          </select></label>
        <p class="soft small" id="budget">${msg('When more is used, nothing new is imported and long downloads rest where they are. A stream whose download rests gets no new rows and is not predicted; rows of all others still come.')}</p>
      </div>
      <div class="part">
        <h3>${msg('Staying alive')}</h3>
        <p class="soft small">${msg('A node works while its tab is open, seen or not. Browsers put tabs to sleep that they think nobody needs: an installed app, or one that may send notifications, is left alone.')}</p>
        <label class="check"><input type="checkbox" .checked=${notify} @change=${(event: Event) => void this.#notify(event)} />
          <span>${msg('Tell me when something needs attention while I look elsewhere')}</span></label>
        <p class="soft small" role="status">${this.said.notify === null ? nothing : msg('The browser does not allow notifications for this site. Its settings, beside the address, can allow them.')}</p>
        ${WakeLock.isPossible
          ? html`<label class="check"><input type="checkbox" .checked=${awake} @change=${(event: Event) => void this.#awake(event)} />
              <span>${msg('Keep the screen on while this window is seen')}</span></label>`
          : nothing}
        <p class="soft small" role="status">${this.said.awake === null ? nothing : msg('The browser does not keep the screen on now, perhaps to spare the battery. It is asked again.')}</p>
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

  async #language(language: LanguageChoice): Promise<void> {
    this.#choose({ language })
    await this.work.run('language', () => msg('Changing the language'), () => speak(language))
  }

  async #look(): Promise<void> {
    this.storage = await readStorage()
  }

  async #persist(): Promise<void> {
    const isKept = await navigator.storage.persist()
    await this.#look()
    this.said = { ...this.said, storage: isKept ? 'kept' : 'refused' }
  }

  async #budget(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLSelectElement)) return
    const wanted = event.target.value
    const budget = this.household.budgets.find((one) => String(one) === wanted) ?? null
    await this.work.run('budget', () => msg('Setting how much it may use'), () => this.household.keepBudget(budget))
    this.requestUpdate()
  }

  async #notify(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return
    const box = event.target
    const wanted = box.checked
    const isAllowed = !wanted || ('Notification' in globalThis && (await Notification.requestPermission()) === 'granted')
    this.#choose({ notify: wanted && isAllowed })
    box.checked = this.choices.notify
    this.said = { ...this.said, notify: isAllowed ? null : 'refused' }
  }

  async #awake(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return
    const wanted = event.target.checked
    this.#choose({ awake: wanted })
    const isOn = await this.screen.want(wanted)
    this.said = { ...this.said, awake: wanted && !isOn ? 'refused' : null }
  }
}

const storageAnswer = (said: 'kept' | 'refused' | null): string => {
  if (said === null) return ''
  return said === 'kept'
    ? msg('The browser keeps it now.')
    : msg('The browser says no for now. It says yes once the app is installed, or is used more often: ask again then.')
}

const languageWords = (choice: LanguageChoice): string => (choice === 'system' ? msg('As the browser says') : LANGUAGE_NAMES[choice])

customElements.define('zazen-settings-window', ZazenSettingsWindow)
