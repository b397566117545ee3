import type { NodeBrowser } from './browser.ts'

/** What a failing disk does to one history; pages by their number. */
export interface Damage {
  readonly stream: string
  /** One byte of each of these pages is altered. */
  readonly altered?: readonly number[]
  readonly lost?: readonly number[]
  /** One byte of the hashes of these pages on record is altered. */
  readonly listed?: readonly number[]
  /** One byte of this hash, wherever the record has it, is altered. */
  readonly hash?: string
}

/** Ends the node's page, damages its IndexedDB, and opens the node again: nobody has the database open meanwhile. */
export const damage = async ({ page }: NodeBrowser, url: string, what: Damage): Promise<void> => {
  await page.goto('about:blank')
  // The same origin without the app: an address of the server's own, which no service worker answers.
  const tab = await page.context().newPage()
  await tab.goto(`${url}/health/live`)
  await tab.evaluate(damageOnPage, what)
  await tab.close()
  await page.goto(url)
}

/** Runs on the page; it may use nothing from here. */
const damageOnPage = async ({ stream, altered = [], lost = [], listed = [], hash }: Damage): Promise<void> => {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Error(request.error?.message))
    })
  const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const [name = ''] = (await indexedDB.databases()).flatMap((one) => (one.name?.startsWith('zazen:') === true ? [one.name] : []))
  const database = await done(indexedDB.open(name))
  const transaction = database.transaction(['records', 'pages'], 'readwrite', { durability: 'strict' })
  const [records, pages] = [transaction.objectStore('records'), transaction.objectStore('pages')]
  const record = (await done(records.get(stream))) as Uint8Array
  const text = hex(record)
  const keys = (await done(pages.getAllKeys())) as ArrayBuffer[]
  const place = (key: ArrayBuffer): number => text.indexOf(hex(new Uint8Array(key))) / 2
  const own = keys.filter((key) => place(key) >= 0).sort((a, b) => place(a) - place(b))
  const keyOf = (number: number): ArrayBuffer => {
    const key = own[number]
    if (key === undefined) throw new Error(`there is no page ${number} of ${own.length}`)
    return key
  }
  const flip = (bytes: Uint8Array, at: number): void => {
    bytes[at] = (bytes[at] ?? 0) ^ 1
  }
  for (const number of altered) {
    const bytes = (await done(pages.get(keyOf(number)))) as Uint8Array
    flip(bytes, bytes.length >> 1)
    pages.put(bytes, keyOf(number))
  }
  for (const number of lost) pages.delete(keyOf(number))
  for (const number of listed) flip(record, place(keyOf(number)))
  if (hash !== undefined) flip(record, text.indexOf(hash) / 2)
  records.put(record, stream)
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(new Error(transaction.error?.message))
  })
  database.close()
}
