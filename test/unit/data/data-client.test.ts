import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../src/data/data-client.ts'
import { streamIdOf } from '../../../src/domain/stream.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/protocol/frame.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const stream = streamIdOf(identityOf(createNodeKey()), sha256)

/** A data process that hears everything and answers nothing by itself. */
const createProcess = () => {
  const [near, far] = createPipePair()
  const heard: Frame[] = []
  far.onFrame((bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok) heard.push(frame.value)
  })
  const tell = (request: number, message: string): void =>
    far.send(encodeFrame({ type: 'log-entry', request, level: 'info', direction: 'none', stream: null, peer: null, message }))
  return { port: near, heard, tell, die: () => far.close() }
}

describe('a client whose data process was started anew', () => {
  it('watches again over the fresh port, and hears the new process', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const heard: string[] = []
    client.watch((notice) => {
      if (notice.type === 'log-entry') heard.push(notice.message)
    })
    old.die()
    await settle()
    client.reconnect(fresh.port)
    await settle()
    expect(fresh.heard.map(({ type }) => type)).toEqual(['watch'])
    fresh.tell(fresh.heard[0]?.request ?? 0, 'here again')
    await settle()
    expect(heard).toEqual(['here again'])
  })

  it('is told at once that what it asked of the old one will not be answered, and may ask the new one', async () => {
    const [old, fresh] = [createProcess(), createProcess()]
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    const asked = client.rows(stream, 0, 1)
    client.reconnect(fresh.port)
    expect(await asked).toMatchObject({ ok: false, error: { code: 'no-answer' } })
    void client.rows(stream, 0, 1)
    await settle()
    expect(fresh.heard.map(({ type }) => type)).toEqual(['rows-request'])
  })

  it('that was not yet started anew refuses at once', async () => {
    const old = createProcess()
    const client = createDataClient(old.port, { clock: createVirtualClock() })
    old.die()
    await settle()
    expect(await client.rows(stream, 0, 1)).toMatchObject({ ok: false, error: { code: 'no-answer' } })
  })
})
