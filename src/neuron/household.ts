// What a person does with the node as a whole.

/** The node as a thing that one owns: addresses it uses, its key as a file, its end. Every call settles; a failure rejects. */
export interface Household {
  /** As kept; used from the next start on. */
  readonly addresses: AddressTexts
  /** Keeps them when all can be used. */
  keepAddresses(addresses: AddressTexts): Promise<void>
  /** How much of the disk may be used before nothing new is begun, in GB; null: as much as the browser gives. Used at once. */
  readonly budget: BudgetGb | null
  /** What there is to choose from. */
  readonly budgets: readonly BudgetGb[]
  /** Null: the browser does not tell what is used, and no budget is used up. */
  isOverBudget(usedBytes: number | null): boolean
  keepBudget(budget: BudgetGb | null): Promise<void>
  /** A backup of the identity was made here before. */
  readonly isBackedUp: boolean
  backUp(passphrase: string): Promise<Uint8Array<ArrayBuffer>>
  /** Answers the public key; the page must be loaded anew to be that node. */
  restore(file: Blob, passphrase: string): Promise<string>
  /** Deletes all that this profile has kept in the browser; nothing of the node runs afterwards. */
  erase(): Promise<void>
}

/** Less than the first is used up by one long history; more than the last few browsers give. */
export type BudgetGb = 1 | 5 | 20 | 100

/** Where to meet others, as a person typed it; empty: what comes with the app. */
export interface AddressTexts {
  readonly server: string
  readonly peerServer: string
  /** One STUN or TURN server a line; a TURN server's name and password follow it. */
  readonly iceServers: string
}
