import { describe, expect, it } from 'vitest'
import { fail, ok, type Result } from '../../../src/base/result.ts'
import { createDirectory } from '../../../src/neuron/directory.ts'
import type { DirectoryEntry } from '../../../src/protocol/signaling.ts'
import type { SignalingAnswer, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { verify } from '../../support/data-node.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, sha256, type NodeKey } from '../../support/node-key.ts'

const alice = createNodeKey()
const identity = identityOf(alice)
const id = idOf(identity)

const entryOf = (rows: number, more: Partial<DirectoryEntry> = {}, key: NodeKey = alice): DirectoryEntry => ({
  id,
  identity,
  head: headHex(headOf(key, id, rows)),
  subscribers: 1,
  predictors: 0,
  online: true,
  ...more,
})

const startDirectory = () => {
  const told: string[] = []
  const logged: string[] = []
  const directory = createDirectory({
    sha256,
    verify,
    log: ({ message }) => void logged.push(message),
    changed: (listed) => void told.push(`${listed.head.head.rows} rows, ${listed.online ? 'online' : 'offline'}`),
  })
  return { directory, told, logged }
}

describe('a listed stream', () => {
  it('is kept when its identity hashes to its id and its author signed its head', async () => {
    const { directory, told, logged } = startDirectory()
    await directory.take(entryOf(5))
    expect(directory.get(id)).toMatchObject({ id, identity, subscribers: 1, online: true, head: { head: { rows: 5 } } })
    expect([...directory.all()]).toHaveLength(1)
    expect([told, logged]).toEqual([['5 rows, online'], []])
  })

  const other = identityOf(createNodeKey(), 'other')
  const lies: Readonly<Record<string, DirectoryEntry>> = {
    'whose head somebody else signed': entryOf(5, {}, createNodeKey()),
    'whose identity is another’s': entryOf(5, { identity: other }),
    'whose id is another’s': entryOf(5, { id: idOf(other) }),
    'that its author signed under the id of another’s': entryOf(5, { id: idOf(other), head: headHex(headOf(alice, idOf(other), 5)) }),
    'whose head is of another stream': entryOf(5, { head: headHex(headOf(alice, idOf(other), 5)) }),
    'whose head is no head': entryOf(5, { head: 'abcd' }),
    'whose head is empty': entryOf(5, { head: '' }),
    'with a name that cannot be one': (() => {
      const bad = identityOf(alice, 'two\nlines')
      return entryOf(5, { identity: bad, id: idOf(bad), head: headHex(headOf(alice, idOf(bad), 5)) })
    })(),
  }
  for (const [what, lie] of Object.entries(lies))
    it(`${what} is not kept, and the log says so`, async () => {
      const { directory, told, logged } = startDirectory()
      await directory.take(lie)
      expect([[...directory.all()], told]).toEqual([[], []])
      expect(logged).toEqual([expect.stringContaining('does not verify')])
    })

  it('keeps its newer head when the server tells an older one again; who is online is news all the same', async () => {
    const { directory, told } = startDirectory()
    for (const entry of [entryOf(5), entryOf(9), entryOf(7, { online: false })]) await directory.take(entry)
    expect(directory.get(id)?.head.head.rows).toBe(9)
    expect(told).toEqual(['5 rows, online', '9 rows, online', '9 rows, offline'])
  })
})

describe('reading the directory', () => {
  const pages = (...answers: readonly Result<SignalingAnswer>[]) => {
    const asked: SignalingRequest[] = []
    return {
      asked,
      server: {
        request: async (message: SignalingRequest) => {
          asked.push(message)
          return answers[asked.length - 1] ?? fail('no-answer', 'nothing more')
        },
      },
    }
  }
  const others = ['one', 'two', 'three'].map((name) => {
    const named = identityOf(alice, name)
    return entryOf(1, { identity: named, id: idOf(named), head: headHex(headOf(alice, idOf(named), 1)) })
  })
  const page = (entries: readonly DirectoryEntry[], next: DirectoryEntry['id'] | null): Result<SignalingAnswer> =>
    ok({ type: 'entries', re: 1, entries: [...entries], next })

  it('goes page by page, after what the server says, to the end', async () => {
    const { directory } = startDirectory()
    const { server, asked } = pages(page(others.slice(0, 2), others[1]?.id ?? null), page([], id), page(others.slice(2), null))
    await directory.refresh(server)
    expect(asked).toEqual([null, others[1]?.id, id].map((after) => ({ type: 'directory', after, search: '', follows: null })))
    expect([...directory.all()]).toHaveLength(3)
  })

  it('keeps what came when the server fails on the way, and says so unless it is only gone', async () => {
    for (const [code, lines] of [['no-answer', 1], ['disconnected', 0]] as const) {
      const { directory, logged } = startDirectory()
      await directory.refresh(pages(page(others.slice(0, 1), id), fail(code, 'not now')).server)
      expect([...directory.all()]).toHaveLength(1)
      expect(logged).toHaveLength(lines)
    }
  })
})
