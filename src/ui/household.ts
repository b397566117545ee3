/** The node as a thing that one owns: addresses it uses, its key as a file, its end. Every call settles; a failure rejects. */
export interface Household {
  /** As kept; used from the next start on. Empty: what comes with the app. */
  readonly addresses: AddressTexts
  keepAddresses(addresses: AddressTexts): Promise<void>
  readonly isBackedUp: boolean
  backUp(passphrase: string): Promise<Uint8Array<ArrayBuffer>>
  /** Answers the public key; the page must be loaded anew to be that node. */
  restore(file: Blob, passphrase: string): Promise<string>
  erase(): Promise<void>
}

export interface AddressTexts {
  readonly server: string
  readonly peerServer: string
  readonly iceServers: string
}
