import { msg, str } from '@lit/localize'
import { css, html, nothing } from 'lit'
import './confirm.ts'
import type { ZazenConfirm } from './confirm.ts'
import './copy.ts'
import { shared } from './elements.ts'
import { isOne, plural, shortHash } from './format.ts'
import { textOf } from './form-text.ts'
import { saveFile } from './save-file.ts'
import { SettingsPart } from './settings-part.ts'
import { failureWords } from './words/tell.ts'

/** As the identity demands; the form says it before that does. */
const MIN_PASSPHRASE = 12

/** The node's key: what it is, its backup, and a backup put in its place. Properties: `desk`, `snapshot`, `household`, `reload`. */
export class ZazenSettingsIdentity extends SettingsPart {
  static override properties = {
    file: { state: true },
    saved: { state: true },
    restored: { state: true },
    problem: { state: true },
  }
  static override styles = [
    shared,
    css`
      .stack {
        gap: 0.5rem;
      }
      form,
      .part {
        display: grid;
        gap: 0.75rem;
        justify-items: start;
        max-width: 34rem;
      }
      .part {
        border-top: 1px solid var(--line);
        padding-top: 0.75rem;
        margin-top: 0.75rem;
        max-width: none;
      }
      label {
        width: min(24rem, 100%);
      }
    `,
  ]

  declare file: File | null
  declare saved: boolean
  /** The key that this node has from its next start on. */
  declare restored: string | null
  declare problem: { readonly of: 'backup' | 'restore'; readonly say: () => string } | null

  constructor() {
    super()
    this.file = null
    this.saved = false
    this.restored = null
    this.problem = null
  }

  override render() {
    const { id } = this.snapshot.node
    return html`<section class="sheet stack" aria-labelledby="title">
      <h2 id="title">${msg('Identity')}</h2>
      <p class="soft small">
        ${msg('Rows that this node publishes are signed with its key. Who has the key is this node; without it nobody, you included, can add a row to its streams again. The key is in this browser and nowhere else: cleared with the browser’s data, it is gone.')}
      </p>
      ${id === null ? nothing : html`<p>${msg('Public key')} <zazen-copy .desk=${this.desk} label=${msg('public key')} text=${id}></zazen-copy></p>`}
      ${this.snapshot.recovering ? html`<p class="bad" role="status">${msg('Restored from a backup. Nothing is signed before the server has told what was signed before.')}</p>` : nothing}
      ${this.snapshot.unconfirmed ? this.#unconfirmed() : nothing}
      ${this.#backup()} ${this.restored === null || this.restored === this.snapshot.node.id ? this.#restore() : this.#isRestored(this.restored)}
    </section>`
  }

  #unconfirmed() {
    return html`<div class="part">
      <p class="bad" role="status">${msg('Restored from a backup. Nothing is signed before the server is reached and has told whether another copy of this node runs: two of them would contradict each other. It goes on by itself then.')}</p>
      <zazen-confirm .desk=${this.desk} label=${msg('No other copy runs…')} question=${msg('Sign without the server’s word?')} yes=${msg('Sign')} no=${msg('Wait for the server')}
        .what=${() => msg('Going on without the server')} .action=${() => this.desk.neuron.vouch()}>
        <p>${msg('Only if you know that the node this backup came from runs nowhere any more: not in another browser, not on another machine, not in a tab that was forgotten.')}</p>
        <p>${msg('If it does, both sign, and everybody can prove that your streams have two histories: nobody believes them until you begin them anew.')}</p>
      </zazen-confirm>
    </div>`
  }

  #backup() {
    const busy = this.work.busy('backup')
    return html`<form class="part" @submit=${(event: SubmitEvent) => void this.#backUp(event)}>
      <h3>${msg('Backup')}</h3>
      <p class="soft small">${this.household.isBackedUp ? msg('A backup was made here before.') : nothing} ${msg('An encrypted file. It is worth nothing without its passphrase, and the passphrase cannot be recovered: write it down.')}</p>
      ${this.#passphrase('new-password', msg('Passphrase, twelve characters or more'))}
      <label>${msg('Once more')}<input type="password" name="again" required autocomplete="new-password" /></label>
      ${this.#said('backup')}
      <button aria-busy=${busy} aria-disabled=${busy}>${msg('Save the backup')}</button>
      <p role="status">${this.saved ? msg('Saved among your downloads. Put it where this machine’s end does not end it.') : nothing}</p>
    </form>`
  }

  #restore() {
    const busy = this.work.busy('restore')
    return html`<div class="part">
      <h3>${msg('Restore')}</h3>
      <p class="soft small">${msg('Puts the key of a backup in the place of this one: for a new machine, or after this browser’s data were lost.')}</p>
      <form @submit=${(event: SubmitEvent) => this.#ask(event)}>
        <label>${msg('Backup file')}<input type="file" name="file" required @change=${(event: Event) => this.#chosen(event)} /></label>
        ${this.#passphrase('current-password', msg('Its passphrase'))}
        ${this.#said('restore')}
        <button aria-busy=${busy} aria-disabled=${busy} aria-haspopup="dialog">${msg('Restore it…')}</button>
      </form>
      <zazen-confirm class="restore" .desk=${this.desk} label="" question=${msg('Put another key in the place of this one?')} yes=${msg('Restore')} no=${msg('Keep this key')}
        .what=${() => msg('Restoring the identity')} .action=${() => this.#putBack()}>
        <p>${this.#ownWords()}</p>
        <p>${msg('End the node that had the key until now first: two copies of one node contradict each other, and then nobody believes either.')}</p>
      </zazen-confirm>
    </div>`
  }

  #isRestored(publicKey: string) {
    return html`<div class="part" role="alert">
      <h3>${msg('Restored')}</h3>
      <p>${msg(str`From its next start on this node is ${shortHash(publicKey)}. It first asks the server what it has signed before, and fetches it.`)}</p>
      <button class="primary" @click=${this.reload}>${msg('Start anew now')}</button>
    </div>`
  }

  #passphrase(autocomplete: 'new-password' | 'current-password', label: string) {
    return html`<label>${label}<input type="password" name="passphrase" required minlength=${MIN_PASSPHRASE} autocomplete=${autocomplete} /></label>`
  }

  #said(of: 'backup' | 'restore') {
    return html`<p class="bad" role="alert">${this.problem?.of === of ? this.problem.say() : nothing}</p>`
  }

  /** What is lost with the key that is here. */
  #ownWords(): string {
    const own = this.snapshot.streams.filter((stream) => stream.own).length
    if (own === 0) return msg('This node publishes nothing with its present key, so nothing is lost with it.')
    return isOne(own)
      ? msg('This node publishes 1 stream with its present key. Without a backup of it no row can ever be added to that stream again.')
      : msg(str`This node publishes ${plural(own, 'stream')} with its present key. Without a backup of it no row can ever be added to them again.`)
  }

  #chosen(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.file = event.target.files?.[0] ?? null
  }

  async #backUp(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target
    if (!(form instanceof HTMLFormElement)) return
    const data = new FormData(form)
    const passphrase = textOf(data, 'passphrase')
    this.saved = false
    this.problem = passphrase === textOf(data, 'again') ? null : { of: 'backup', say: () => msg('The two passphrases differ. Type them once more.') }
    if (this.problem !== null) return
    const made = await this.work.run('backup', () => msg('Making the backup'), () => this.household.backUp(passphrase))
    if (made?.ok !== true) return
    saveFile(`zazen-identity-${(this.snapshot.node.id ?? '').slice(0, 8)}.zazen-key`, new Blob([made.value], { type: 'application/octet-stream' }))
    form.reset()
    this.saved = true
  }

  #ask(event: SubmitEvent): void {
    event.preventDefault()
    this.problem = null
    this.renderRoot.querySelector<ZazenConfirm>('zazen-confirm.restore')?.ask()
  }

  async #putBack(): Promise<void> {
    const passphrase = this.renderRoot.querySelector<HTMLInputElement>('input[autocomplete=current-password]')?.value ?? ''
    const { file } = this
    if (file === null) return
    const restored = await this.work.run('restore', () => msg('Restoring the identity'), () => this.household.restore(file, passphrase))
    if (restored?.ok === true) this.restored = restored.value
    else if (restored !== null) {
      const { error } = restored
      this.problem = { of: 'restore', say: () => failureWords(error) }
    }
  }
}

customElements.define('zazen-settings-identity', ZazenSettingsIdentity)
