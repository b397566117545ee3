// The bare channel under a fixed credit window, both ends. Loaded by a page of its own.

/** @typedef {{ from: string, window: number, message: number }} Settings */

/** The end that has the bytes: answers a description with its own, sends when it hears "go". @param {Settings & { offer: string }} given */
async function answer({ from, window, message, offer }) {
  const bytes = new Uint8Array(await (await fetch(from)).arrayBuffer())
  const connection = new RTCPeerConnection({ iceServers: [] })
  let sent = 0
  let acknowledged = 0
  connection.ondatachannel = ({ channel }) => {
    // The first word is "go" and gives credit from 0; all after it are what has arrived.
    channel.onmessage = (event) => {
      acknowledged = Number(event.data)
      while (sent < bytes.length && sent - acknowledged + message <= window) {
        const piece = bytes.subarray(sent, sent + message)
        channel.send(piece)
        sent += piece.length
      }
    }
  }
  await connection.setRemoteDescription(JSON.parse(offer))
  return describe(connection)
}

/** @type {{ connection: RTCPeerConnection, channel: RTCDataChannel, began: number, settings: Settings } | null} */
let asked = null

/** The end that wants the bytes. @param {Settings} settings */
async function ask(settings) {
  const began = performance.now()
  const connection = new RTCPeerConnection({ iceServers: [] })
  const channel = connection.createDataChannel('rows')
  channel.binaryType = 'arraybuffer'
  asked = { connection, channel, began, settings }
  return describe(connection)
}

/** @param {{ answer: string, total: number }} given */
async function receive({ answer, total }) {
  if (asked === null) throw new Error('nothing was asked')
  const { connection, channel, began, settings } = asked
  let openedAt = 0
  let received = 0
  let announced = 0
  const done = new Promise((resolve, reject) => {
    channel.onopen = () => {
      openedAt = performance.now()
      channel.send('0')
    }
    channel.onmessage = (event) => {
      received += event.data.byteLength
      if (received === total) resolve(null)
      if (received - announced < settings.window / 4) return
      announced = received
      channel.send(String(received))
    }
    channel.onclose = () => reject(new Error(`the channel closed after ${received} of ${total} bytes`))
  })
  await connection.setRemoteDescription(JSON.parse(answer))
  await done
  return { setupMs: openedAt - began, transferMs: performance.now() - openedAt, wireBytes: total }
}

/** All candidates in one description. @param {RTCPeerConnection} connection @returns {Promise<string>} */
async function describe(connection) {
  await connection.setLocalDescription()
  await new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === 'complete') resolve(null)
    }
    connection.onicegatheringstatechange = look
    look()
  })
  return JSON.stringify(connection.localDescription)
}

Object.assign(globalThis, { contender: { ask, answer, receive } })
