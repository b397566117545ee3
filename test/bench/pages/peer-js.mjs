/** @param {number} port */
const optionsOf = (port) => ({ host: '127.0.0.1', port, path: '/', config: { iceServers: [] } })

/** @param {PeerNode} node */
const opened = (node) =>
  new Promise((resolve, reject) => {
    node.on('open', resolve)
    node.on('error', reject)
  })

/** Waits under a name for whoever asks. @param {{ from: string, port: number, name: string }} given */
async function offer({ from, port, name }) {
  const bytes = await (await fetch(from)).arrayBuffer()
  const node = new Peer(name, optionsOf(port))
  node.on('connection', (connection) => connection.on('data', () => connection.send(bytes)))
  await opened(node)
}

/** @param {{ port: number, name: string, total: number }} given */
async function receive({ port, name, total }) {
  const node = new Peer(optionsOf(port))
  await opened(node)
  const began = performance.now()
  const connection = node.connect(name, { reliable: true, serialization: 'binary' })
  let openedAt = 0
  return new Promise((resolve, reject) => {
    connection.on('open', () => {
      openedAt = performance.now()
      connection.send('go')
    })
    connection.on('data', (data) => {
      if (data.byteLength !== total) reject(new Error(`${data.byteLength} of ${total} bytes came`))
      resolve({ setupMs: openedAt - began, transferMs: performance.now() - openedAt, wireBytes: total })
    })
    connection.on('error', reject)
    connection.on('close', () => reject(new Error('the connection closed')))
  })
}

Object.assign(globalThis, { contender: { offer, receive } })
