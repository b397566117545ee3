// Gives streams to a worker of the code it is handed; what the worker answers is the answer. The worker stays for the next ones.

/** @type {Worker | null} */
let worker = null

/** @param {{ code: string, given: object }} asked */
const learn = ({ code, given }) =>
  new Promise((resolve, reject) => {
    // The page is blank and of no origin: a worker that has an address would be another's.
    worker ??= new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'))
    worker.postMessage(given)
  })

/** The next streams get a fresh worker. */
const end = async () => {
  worker?.terminate()
  worker = null
}

Object.assign(globalThis, { contender: { learn, end } })
