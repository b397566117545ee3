// The WebTorrent tracker as its package starts it, WebSockets only. Prints its port.
import { pathToFileURL } from 'node:url'

/** @typedef {{ http: import('node:http').Server, listen(port: number, host: string, listening: () => void): void }} Tracker */
/** @type {{ default: new (options: object) => Tracker }} */
const { default: TrackerServer } = await import(pathToFileURL(process.env['TRACKER_SERVER'] ?? '').href)
const tracker = new TrackerServer({ http: true, udp: false, ws: true, stats: false })
tracker.listen(0, '127.0.0.1', () => {
  const address = tracker.http.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
