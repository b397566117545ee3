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
    expect(JSON.parse(data ?? '{}')).toMatchObject({ name: 'Zazen', id: '/', start_url: '/', display: 'standalone' })
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual([])
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
