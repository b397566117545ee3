// Starts a worker of the code it is handed and gives it streams; what the worker answers is the answer.

/** @param {{ code: string, streams: object }} given */
const learn = ({ code, streams }) =>
  new Promise((resolve, reject) => {
    // The page is blank and of no origin: a worker that has an address would be another's.
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: 'module' })
    worker.onmessage = ({ data }) => {
      worker.terminate()
      resolve(data)
    }
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'))
    worker.postMessage({ streams })
  })

Object.assign(globalThis, { contender: { learn } })
