import { msg, str } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { TransferView } from '../neuron/snapshot.ts'
import { formatByteRate, formatCount, formatEta, formatRowRate, formatShare, plural, waitingWords } from './format.ts'
import { progressLine, shared } from './elements.ts'

/**
 * How far a history has come: share, rows, rate, time left, peers. Properties: `transfer`, and `rows`, those kept
 * already.
 */
export class ZazenTransfer extends LitElement {
  static override properties = { transfer: { attribute: false }, rows: { type: Number } }
  static override styles = [
    shared,
    progressLine,
    css`
      strong {
        color: var(--ink);
        font-weight: 600;
      }
    `,
  ]

  declare transfer: TransferView | null
  declare rows: number

  constructor() {
    super()
    this.rows = 0
    this.transfer = null
  }

  override render() {
    const { transfer } = this
    if (transfer === null) return html``
    if (transfer.phase === 'wanted') {
      return html`<progress aria-label=${msg('Waiting for a peer')} max="1" value=${transfer.share}></progress>
        <div class="line">${waitingWords(this.rows, transfer.rowsTotal)}</div>`
    }
    return html`<progress aria-label=${msg('History received')} max="1" value=${transfer.share}></progress>
      <div class="line">
        <strong>${formatShare(transfer.share)}</strong>
        <span>${msg(str`${formatCount(transfer.rowsDone)} of ${plural(transfer.rowsTotal, 'row')}`)}</span>
        <span>${formatRowRate(transfer.rowsPerSecond)}, ${formatByteRate(transfer.bytesPerSecond)}</span>
        <span>${formatEta(transfer.etaSeconds)}</span>
        <span>${msg(str`from ${plural(transfer.peers, 'peer')}`)}</span>
      </div>`
  }
}

customElements.define('zazen-transfer', ZazenTransfer)
