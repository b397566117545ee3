import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchIncoming } from '../../../src/runtime/page/incoming-files.ts'
import { settle } from '../../support/pipes.ts'

interface Launch {
  readonly targetURL?: string
  readonly files: readonly { getFile(): Promise<File> }[]
}

const handleOf = (file: File) => ({ getFile: () => Promise.resolve(file) })

describe('what the system opens the app with', () => {
  let launch: (launch: Launch) => void
  let location: { hash: string }
  let shared: Response | undefined
  const received: unknown[] = []

  beforeEach(() => {
    received.length = 0
    shared = undefined
    location = { hash: '#/' }
    vi.stubGlobal('location', location)
    vi.stubGlobal('launchQueue', { setConsumer: (consumer: (launch: Launch) => void) => (launch = consumer) })
    vi.stubGlobal('caches', {
      has: async () => shared !== undefined,
      open: async () => ({ match: async () => shared, delete: async () => shared !== undefined && ((shared = undefined), true) }),
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  const watch = async (): Promise<void> => {
    watchIncoming((file) => received.push(file.ok ? file.value.name : file.error.code))
    await settle()
  }

  it('is a file of its file manager: handed over; of several the first, for one import comes at a time', async () => {
    await watch()
    launch({ targetURL: 'https://zazen.example/#/publish', files: [handleOf(new File(['1'], 'roof.csv')), handleOf(new File(['2'], 'cellar.csv'))] })
    await settle()
    expect(received).toEqual(['roof.csv'])
    expect(location.hash).toBe('#/publish')
  })

  it('is a file that was taken away meanwhile: as one that never came', async () => {
    await watch()
    launch({ files: [{ getFile: () => Promise.reject(new DOMException('gone', 'NotFoundError')) }] })
    await settle()
    expect(received).toEqual([])
  })

  it('is a page that a shortcut means; an address without one leaves the window where it is', async () => {
    await watch()
    launch({ targetURL: 'https://zazen.example/#/log', files: [] })
    expect(location.hash).toBe('#/log')
    for (const targetURL of ['https://zazen.example/', 'no address']) launch({ targetURL, files: [] })
    launch({ files: [] })
    expect(location.hash).toBe('#/log')
  })

  it('is a file that another app shared before the page was there, and one that it shares with a page that is', async () => {
    shared = new Response('1', { headers: { 'x-file-name': 'first.csv' } })
    await watch()
    expect(received).toEqual(['first.csv'])
    shared = new Response(null, { headers: { 'x-refused': 'too-large' } })
    launch({ targetURL: 'https://zazen.example/#/publish', files: [] })
    await settle()
    expect(received).toEqual(['first.csv', 'too-large'])
  })

  it('is nothing where the browser knows neither', async () => {
    vi.unstubAllGlobals()
    await watch()
    expect(received).toEqual([])
  })
})
