import { LitElement, css, html, nothing } from 'lit'
import type { Desk, Words } from './desk.ts'
import { dialogs, shared } from './elements.ts'
import { Work } from './work.ts'

/**
 * A button that asks before it acts. What is said in between stands in the slot. Properties: `desk`, `label` of the button (empty:
 * there is none, and `ask` opens the dialog), `name` of it for readers where the label alone is ambiguous,
 * `question`, `yes` and `no` of the dialog, `what` is said when it fails ("Unsubscribing"), `action`, and `done`, called when
 * it worked: the button itself may be gone then, so that is where the focus is taken elsewhere. In all other cases the
 * browser gives it back to the button; `left` is called then, for whoever opens it from something that may have gone meanwhile.
 */
export class ZazenConfirm extends LitElement {
  static override properties = {
    desk: { attribute: false },
    label: {},
    name: {},
    question: {},
    yes: {},
    no: {},
    what: { attribute: false },
    look: {},
    action: { attribute: false },
    done: { attribute: false },
    left: { attribute: false },
  }
  static override styles = [
    shared,
    dialogs,
    css`
      :host {
        display: inline-block;
      }
      dialog {
        max-width: min(30rem, calc(100vw - 2rem));
      }
      h2 {
        margin-bottom: 0.5rem;
      }
      ::slotted(p:not(:first-child)) {
        margin-top: 0.5rem;
      }
      dialog .row {
        justify-content: end;
        margin-top: 1.25rem;
      }
    `,
  ]

  declare desk: Desk
  declare label: string
  declare name: string
  declare question: string
  declare yes: string
  declare no: string
  declare what: Words
  declare look: string
  declare action: () => Promise<unknown>
  declare done: () => void
  declare left: () => void
  readonly #work = new Work(this)
  #isDone = false

  constructor() {
    super()
    this.look = ''
    this.name = ''
    this.done = () => undefined
    this.left = () => undefined
  }

  ask(): void {
    this.#isDone = false
    this.#dialog()?.showModal()
  }

  override render() {
    return html`${this.label === '' ? nothing : html`<button class=${this.look} aria-haspopup="dialog" aria-label=${this.name === '' ? this.label : this.name} @click=${() => this.ask()}>${this.label}</button>`}
      <dialog aria-labelledby="question" aria-describedby="means" @close=${() => this.#isDone || this.left()}>
        <h2 id="question"><bdi dir="auto">${this.question}</bdi></h2>
        <div id="means" class="soft"><slot></slot></div>
        <div class="row">
          <button autofocus @click=${() => this.#dialog()?.close()}>${this.no}</button>
          ${this.#work.button({ key: 'yes', label: this.yes, look: 'primary', what: this.what, action: () => this.#act() })}
        </div>
      </dialog>`
  }

  /** The dialog goes first: what failed is told on the page, which nobody sees or hears behind it. */
  async #act(): Promise<void> {
    try {
      await this.action()
    } catch (thrown) {
      this.#dialog()?.close()
      throw thrown
    }
    this.#isDone = true
    this.#dialog()?.close()
    this.done()
  }

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }
}

customElements.define('zazen-confirm', ZazenConfirm)
