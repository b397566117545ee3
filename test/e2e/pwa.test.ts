import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'

describe('the app on a device', () => {
  let bench: Bench
  let node: NodeBrowser

  beforeAll(async () => {
    bench = await openBench()
    node = await bench.node('alice')
  })

  afterAll(() => bench.close())

  it('has a manifest without a fault and can be installed', async () => {
    const session = await node.page.context().newCDPSession(node.page)
    const { url, errors, data } = await session.send('Page.getAppManifest')
    expect(url).toMatch(/\.webmanifest$/)
    expect(errors).toEqual([])
    expect(JSON.parse(data ?? '{}')).toMatchObject({
      name: 'Zazen',
      id: '/',
      start_url: '/',
      display: 'standalone',
      launch_handler: { client_mode: 'focus-existing' },
      shortcuts: [{ url: '/#/publish' }, { url: '/#/peers' }, { url: '/#/log' }],
      share_target: { action: '/share', method: 'POST' },
      file_handlers: [{ action: '/#/publish', accept: { 'text/csv': ['.csv'] } }],
    })
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual([])
  })

  it('lets no text become markup or script, whatever the text is', async () => {
    const refused = await node.page.evaluate(() => {
      const attempts: readonly (() => void)[] = [
        () => (document.createElement('div').innerHTML = '<b>bold</b>'),
        () => (document.createElement('script').text = '1 + 1'),
        () => new Worker('https://elsewhere.example/worker.js'),
        () => (document.createElement('iframe').srcdoc = '<p>'),
      ]
      return attempts.map((attempt) => {
        try {
          attempt()
          return 'done'
        } catch (thrown) {
          return thrown instanceof TypeError ? 'refused' : String(thrown)
        }
      })
    })
    expect(refused).toEqual(['refused', 'refused', 'refused', 'refused'])
  })

  it('opens without a server, at any of its addresses, once it has been there', async () => {
    await node.page.evaluate(async () => { await navigator.serviceWorker.ready })
    await bench.server.stop()
    for (const path of ['/', '/?profile=second']) {
      const answer = await node.page.goto(`${bench.server.url}${path}`)
      expect(answer?.fromServiceWorker()).toBe(true)
      await node.page.locator('zazen-app').waitFor()
    }
    await node.screenshot('offline-shell')
  })
})
