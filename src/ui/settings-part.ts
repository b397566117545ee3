import { LitElement, type PropertyDeclarations } from 'lit'
import type { Household } from '../neuron/household.ts'
import type { Snapshot } from '../neuron/snapshot.ts'
import type { Desk } from './desk.ts'
import { Work } from './work.ts'

/** A part of the settings, and what the page hands to each: properties `desk`, `snapshot`, `household`, `reload`. Some need less. */
export class SettingsPart extends LitElement {
  static override properties: PropertyDeclarations = {
    desk: { attribute: false },
    snapshot: { attribute: false },
    household: { attribute: false },
    reload: { attribute: false },
  }

  declare desk: Desk
  declare snapshot: Snapshot
  declare household: Household
  declare reload: () => void
  protected readonly work = new Work(this)
}
