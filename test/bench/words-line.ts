import type { Page } from 'playwright-core'
import type { End } from './relay.ts'

/** Rewrites what two pages say to each other about further connections, so that these too pass the emulated line. */
export type Pass = (text: string, connection: string, from: End) => Promise<string>

/** Before the node's own page loads: on the receiver's page both directions can be reached. */
export const leadWordsThrough = async (page: Page, pass: Pass): Promise<void> => {
  await page.exposeFunction('throughTheLine', (text: string, channel: number, from: End) =>
    pass(text, `${channel} ${(JSON.parse(text) as { readonly name: string }).name}`, from),
  )
  await page.addInitScript(WRAP_WORDS)
}

// Runs on the page, before everything else there; as text, for Node knows none of the names.
const WRAP_WORDS = `{
  const numbers = new Map()
  const numberOf = (channel) => numbers.get(channel) ?? numbers.set(channel, numbers.size + 1).get(channel)
  const { send } = RTCDataChannel.prototype
  const { get, set } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage')
  const inTurn = () => {
    let last = Promise.resolve()
    return (run) => (last = last.then(run))
  }
  const [out, into] = [inTurn(), inTurn()]
  RTCDataChannel.prototype.send = function (data) {
    if (this.label !== 'words') return send.call(this, data)
    out(async () => send.call(this, await throughTheLine(data, numberOf(this), 'receiver')))
  }
  Object.defineProperty(RTCDataChannel.prototype, 'onmessage', {
    get,
    set(handle) {
      if (this.label !== 'words') return set.call(this, handle)
      set.call(this, ({ data }) => into(async () => handle({ data: await throughTheLine(data, numberOf(this), 'sender') })))
    },
  })
}`
