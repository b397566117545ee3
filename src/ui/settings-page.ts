import { msg } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { Household } from '../neuron/household.ts'
import type { Snapshot } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { base } from './elements.ts'
import './settings-end.ts'
import './settings-engine.ts'
import './settings-identity.ts'
import './settings-places.ts'
import './settings-window.ts'
import type { WakeLock } from './wake-lock.ts'

/** All that a person decides about the node. Properties: `desk`, `snapshot`, `household`, `screen`, `reload`. */
export class ZazenSettingsPage extends LitElement {
  static override properties = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    household: { attribute: false },
    screen: { attribute: false },
    reload: { attribute: false },
  }
  static override styles = [
    base,
    css`
      .stack {
        gap: 1.25rem;
        max-width: 52rem;
      }
      /* Each part as high as it is, in the order of reading: down, then across. */
      @media (width >= 70rem) {
        .stack {
          display: block;
          columns: 2;
          column-gap: 1.25rem;
          max-width: none;
        }
        h1 {
          column-span: all;
          margin-bottom: 1.25rem;
        }
        .stack > :not(h1) {
          break-inside: avoid;
          margin-bottom: 1.25rem;
        }
      }
    `,
  ]

  declare desk: Desk
  declare snapshot: Snapshot
  declare household: Household
  declare screen: WakeLock
  declare reload: () => void

  override render() {
    const { desk, snapshot, household, reload } = this
    return html`<div class="stack">
      <h1>${msg('Settings')}</h1>
      <zazen-settings-engine .desk=${desk} .snapshot=${snapshot}></zazen-settings-engine>
      <zazen-settings-window .desk=${desk} .household=${household} .screen=${this.screen}></zazen-settings-window>
      <zazen-settings-identity .desk=${desk} .snapshot=${snapshot} .household=${household} .reload=${reload}></zazen-settings-identity>
      <zazen-settings-places .desk=${desk} .snapshot=${snapshot} .household=${household} .reload=${reload}></zazen-settings-places>
      <zazen-settings-end .desk=${desk} .snapshot=${snapshot} .household=${household}></zazen-settings-end>
    </div>`
  }
}

customElements.define('zazen-settings-page', ZazenSettingsPage)
