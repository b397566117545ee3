/** @param {number} port */
const optionsOf = (port) => ({ host: '127.0.0.1', port, path: '/', config: { iceServers: [] } })

/** @param {PeerNode} node */
const opened = (node) =>
  new Promise((resolve, reject) => {
    node.on('open', resolve)
    node.on('error', reject)
  })

/** Waits under a name for whoever asks; answers the digest of what it has. @param {{ from: string, port: number, name: string }} given */
async function offer({ from, port, name }) {
  const bytes = await (await fetch(from)).arrayBuffer()
  const node = new Peer(name, optionsOf(port))
  node.on('connection', (connection) => connection.on('data', () => connection.send(bytes)))
  await opened(node)
  return digestOf(bytes)
}

/** @param {ArrayBuffer} bytes */
const digestOf = async (bytes) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join()

/** One record, on disk when it answers. @param {IDBDatabase} database @param {string} name @param {ArrayBuffer} bytes @returns {Promise<void>} */
const keep = (database, name, bytes) =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction('bytes', 'readwrite', { durability: 'strict' })
    transaction.objectStore('bytes').put(bytes, name)
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })

/** @returns {Promise<IDBDatabase>} */
const openDatabase = () =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('peer-js')
    opening.onupgradeneeded = () => opening.result.createObjectStore('bytes')
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })

/** With a digest the bytes are verified and kept before they count. @param {{ port: number, name: string, total: number, digest: string | null }} given */
async function receive({ port, name, total, digest }) {
  const database = digest === null ? null : await openDatabase()
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
    const finish = async (/** @type {ArrayBuffer} */ data) => {
      if (data.byteLength !== total) throw new Error(`${data.byteLength} of ${total} bytes came`)
      if (digest !== null && (await digestOf(data)) !== digest) throw new Error('other bytes came')
      if (database !== null) await keep(database, name, data)
      return { setupMs: openedAt - began, transferMs: performance.now() - openedAt, wireBytes: total }
    }
    connection.on('data', (data) => void finish(data).then(resolve, reject))
    connection.on('error', reject)
    connection.on('close', () => reject(new Error('the connection closed')))
  })
}

Object.assign(globalThis, { contender: { offer, receive } })
