import { proxy, type Remote } from 'comlink'
import type { WorkerCommands } from '../neuron-commands.ts'

/** A command that is not answered by then rejects, milliseconds: the worker is dead or hopelessly busy. */
const COMMAND_MS = 60_000

/** To read and hash every page of the longest histories: longer than the data process gives itself. */
const RECHECK_MS = 630_000

/** The neuron's commands with a deadline each; imports, and waiting for them, take as long as their file does. */
export const withDeadlines = (remote: Remote<WorkerCommands>): WorkerCommands => ({
  previewCsv: (csv, choice) => within(remote.previewCsv(csv, choice)),
  publishCsv: (request, onProgress) => remote.publishCsv(request, optional(onProgress)),
  appendCsv: (request, onProgress) => remote.appendCsv(request, optional(onProgress)),
  prepareEnd: () => remote.prepareEnd(),
  cancelImport: (ticket) => within(remote.cancelImport(ticket)),
  publishSample: (key, onProgress) => remote.publishSample(key, optional(onProgress)),
  samples: () => within(remote.samples()),
  listing: (query) => within(remote.listing(query)),
  stream: (id) => within(remote.stream(id)),
  predictors: (id) => within(remote.predictors(id)),
  subscribe: (id) => within(remote.subscribe(id)),
  followUnsigned: (stream) => within(remote.followUnsigned(stream)),
  unsubscribe: (id) => within(remote.unsubscribe(id)),
  nextRow: (id, value) => within(remote.nextRow(id, value)),
  append: (id, row) => within(remote.append(id, row)),
  history: (id, options) => within(remote.history(id, options)),
  predictions: (id, options) => within(remote.predictions(id, options)),
  predictedSeries: (id, options) => within(remote.predictedSeries(id, options)),
  looseRows: (id, options) => within(remote.looseRows(id, options)),
  recheck: (id) => within(remote.recheck(id), RECHECK_MS),
  forget: (id) => within(remote.forget(id)),
  beginEpoch: (id) => within(remote.beginEpoch(id)),
  setPaused: (id, paused) => within(remote.setPaused(id, paused)),
  setEngine: (change) => within(remote.setEngine(change)),
  vouch: () => within(remote.vouch()),
  disconnectPeer: (id) => within(remote.disconnectPeer(id)),
  banPeer: (id) => within(remote.banPeer(id)),
  liftBan: (id) => within(remote.liftBan(id)),
  snapshot: () => within(remote.snapshot()),
  observe: (callback) => within(remote.observe(proxy(callback))),
  unobserve: (handle) => within(remote.unobserve(handle)),
  exportLog: () => within(remote.exportLog()),
})

const optional = <F extends (...args: never[]) => void>(callback: F | undefined): F =>
  proxy(callback ?? ((() => undefined) as unknown as F))

const within = <T>(call: Promise<T>, limitMs = COMMAND_MS): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- commands reject with a plain {code, message}
      reject({ code: 'no-answer', message: 'The node did not answer. Reload the page if this goes on.' })
    }, limitMs)
    call.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })
