import { msg } from '@lit/localize'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CsvChoice, CsvPreview } from '../../src/neuron/csv-view.ts'
import type { Desk } from '../../src/ui/desk.ts'
import '../../src/ui/observe-form.ts'
import '../../src/ui/peers-page.ts'
import '../../src/ui/predictors.ts'
import '../../src/ui/publish-page.ts'
import { ZazenToasts } from '../../src/ui/toasts.ts'
import { speak } from '../../src/ui/words/language.ts'
import { FAKE_NOW } from '../support/fake-streams.ts'
import { createFakeNeuron } from '../support/fake-neuron.ts'

const FILE = new File(['2024-05-01,1\n'], 'more.csv')
const CHOICE: CsvChoice = { hasHeader: false, time: 1, value: 2, times: 'guessed' }
const PREVIEW: CsvPreview = { choice: CHOICE, guessed: 'iso', columns: [], lines: [] }

afterEach(() => document.body.replaceChildren())

const PATIENT = { timeout: 30_000 }

const deskOf = (neuron: Desk['neuron']): Desk => ({ neuron, now: () => FAKE_NOW, tell: vi.fn() })
const put = (name: string, properties: object): HTMLElement => {
  const element = Object.assign(document.createElement(name), properties)
  document.body.append(element)
  return element
}
/** All that is shown, through every shadow. */
const all = (selector: string, root: ParentNode = document): readonly HTMLElement[] => [
  ...root.querySelectorAll<HTMLElement>(selector),
  ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot === null ? [] : all(selector, shadowRoot))),
]
const found = (what: string, look: () => HTMLElement | undefined): Promise<HTMLElement> =>
  vi.waitFor(() => {
    const element = look()
    if (element === undefined) throw new Error(`there is no ${what}`)
    return element
  }, PATIENT)
const one = (selector: string): Promise<HTMLElement> => found(selector, () => all(selector)[0])
const button = (words: string): Promise<HTMLElement> => found(words, () => all('button').find(({ textContent }) => textContent.trim() === words))
const submit = (form: Element | null): boolean => form instanceof HTMLFormElement && form.dispatchEvent(new SubmitEvent('submit', { cancelable: true }))
const focused = (): Element | null => {
  let active = document.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  return active
}

/** A form with the file chosen; `previewCsv` answers as it is told to. */
const FORMS = [
  ['an appended file', 'zazen-observe-form', 'appendCsv', 'Append its rows'],
  ['a new stream', 'zazen-publish-page', 'publishCsv', 'Publish'],
] as const

describe.each(FORMS)('%s', (_what, name, command, words) => {
  const begin = async (previewCsv: Desk['neuron']['previewCsv']) => {
    const neuron = { ...createFakeNeuron('empty'), previewCsv, [command]: vi.fn(() => new Promise<never>(() => undefined)) }
    const form = put(name, { desk: deskOf(neuron) })
    await found('form', () => all('input')[0])
    Object.assign(form, { file: FILE })
    const send = await button(words)
    return { form, send, sent: neuron[command], submit: () => submit(send.closest('form')) }
  }

  it('is not signed before its first lines were shown', async () => {
    let answer: (preview: CsvPreview) => void = () => undefined
    const { send, sent, submit } = await begin(() => new Promise((resolve) => (answer = resolve)))
    await one('[role=status]')
    expect(send.ariaDisabled).toBe('true')
    submit()
    expect(sent).not.toHaveBeenCalled()
    answer(PREVIEW)
    await vi.waitFor(() => expect(send.ariaDisabled).toBe('false'), PATIENT)
    submit()
    expect(sent).toHaveBeenCalledOnce()
    expect(sent).toHaveBeenCalledWith(expect.objectContaining({ csv: FILE, columns: CHOICE }), expect.anything())
  })

  it('is not signed when they cannot be read, which says what to do', async () => {
    const previewCsv = vi.fn<Desk['neuron']['previewCsv']>().mockRejectedValueOnce({ code: 'gone', message: 'Gone.' }).mockResolvedValueOnce(PREVIEW)
    const { send, sent, submit } = await begin(previewCsv)
    const again = await button('Read it again')
    submit()
    expect(sent).not.toHaveBeenCalled()
    expect(send.ariaDisabled).toBe('true')
    again.click()
    await vi.waitFor(() => expect(send.ariaDisabled).toBe('false'), PATIENT)
  })

  it('another file is looked at anew', async () => {
    const previewCsv = vi.fn<Desk['neuron']['previewCsv']>().mockResolvedValueOnce(PREVIEW).mockReturnValue(new Promise(() => undefined))
    const { form, send, sent, submit } = await begin(previewCsv)
    await vi.waitFor(() => expect(send.ariaDisabled).toBe('false'), PATIENT)
    Object.assign(form, { file: new File(['1,2\n'], 'other.csv') })
    await vi.waitFor(() => expect(send.ariaDisabled).toBe('true'), PATIENT)
    submit()
    expect(sent).not.toHaveBeenCalled()
  })
})

it('news that is still shown follows when another language is chosen', async () => {
  const toasts = new ZazenToasts()
  document.body.append(toasts)
  toasts.show({ kind: 'failed', what: () => msg('Subscribing'), failure: { code: 'x', message: 'The value is empty.' } })
  toasts.show({ kind: 'done', text: () => msg('Disconnected. For five minutes neither side connects again.') })
  await vi.waitFor(() => expect(toasts.shadowRoot?.textContent).toContain('Subscribing did not work.'), PATIENT)
  await speak('de')
  const now = () => toasts.shadowRoot?.textContent ?? ''
  await vi.waitFor(() => expect(now()).toContain('Getrennt.'), PATIENT)
  expect(now()).toContain('Der Wert ist leer.')
  expect(now()).not.toMatch(/Subscribing|Disconnected/)
  await speak('en')
  await vi.waitFor(() => expect(now()).toContain('Disconnected.'), PATIENT)
})

describe('a ban', () => {
  const begin = async () => {
    const neuron = createFakeNeuron()
    const banned = vi.spyOn(neuron, 'banPeer')
    const snapshot = await neuron.snapshot()
    const page = put('zazen-peers-page', { desk: deskOf(neuron), snapshot: { ...snapshot, banned: [] }, now: FAKE_NOW })
    await one('tr[data-peer]')
    return { neuron, page, snapshot, banned }
  }
  const [ID, OTHER] = ['a'.repeat(64), 'b'.repeat(64)]
  const banOf = (id: string) => ({ id, since: new Date(FAKE_NOW).toISOString() })

  it('is still asked about when the connection ends meanwhile', async () => {
    const { page, snapshot, banned } = await begin()
    const [peer] = snapshot.peers
    const row = await one(`tr[data-peer="${peer?.id}"]`)
    ;[...row.querySelectorAll('button')].find(({ textContent }) => textContent === 'Ban…')?.click()
    const dialog = await one('dialog[open]')
    Object.assign(page, { snapshot: { ...snapshot, peers: [] } })
    await vi.waitFor(() => expect(all('tr[data-peer]')).toEqual([]), PATIENT)
    expect(dialog.isConnected && dialog.hasAttribute('open')).toBe(true)
    ;(await button('Ban it')).click()
    await vi.waitFor(() => expect(banned).toHaveBeenCalledWith(peer?.id), PATIENT)
  })

  it('that was thought better of leaves the focus on the button that asked', async () => {
    const { banned } = await begin()
    const ban = await button('Ban…')
    ban.focus()
    ban.click()
    ;(await button('Keep the connection')).click()
    await vi.waitFor(() => expect(focused()).toBe(ban), PATIENT)
    expect(banned).not.toHaveBeenCalled()
  })

  it('that was thought better of leaves the focus on the page where the row has gone, and on the new row of one that came back', async () => {
    const { page, snapshot } = await begin()
    const [peer, ...others] = snapshot.peers
    if (peer === undefined) throw new Error('no peer to ask about')
    const ask = async (): Promise<void> => {
      const row = await one(`tr[data-peer="${peer.id}"]`)
      const ban = [...row.querySelectorAll('button')].find(({ textContent }) => textContent === 'Ban…')
      ban?.focus()
      ban?.click()
      await one('dialog[open]')
      Object.assign(page, { snapshot: { ...snapshot, peers: others } })
      await vi.waitFor(() => expect(all(`tr[data-peer="${peer.id}"]`)).toEqual([]), PATIENT)
    }
    await ask()
    ;(await button('Keep the connection')).click()
    await vi.waitFor(() => expect(focused()?.textContent).toBe('Peers'), PATIENT)
    Object.assign(page, { snapshot })
    await ask()
    Object.assign(page, { snapshot: { ...snapshot, peers: [{ ...peer, since: new Date(FAKE_NOW).toISOString() }, ...others] } })
    await one(`tr[data-peer="${peer.id}"]`)
    ;(await button('Keep the connection')).click()
    await vi.waitFor(() => expect(focused()?.closest('tr')?.dataset['peer']).toBe(peer.id), PATIENT)
  })

  it('that is the first leaves the focus on the page, whose list comes with the next snapshot', async () => {
    await begin()
    ;(await button('Ban…')).click()
    ;(await button('Ban it')).click()
    await vi.waitFor(() => expect(focused()?.tagName).toBe('H1'), PATIENT)
  })

  it('that is lifted leaves the focus on what stays: the list, and the page after the last', async () => {
    const { neuron, page, snapshot } = await begin()
    const left = [[banOf(OTHER)], []]
    vi.spyOn(neuron, 'liftBan').mockImplementation(() => Promise.resolve(left.shift() ?? []))
    for (const [bans, tag] of [[[banOf(ID), banOf(OTHER)], 'H2'], [[banOf(OTHER)], 'H1']] as const) {
      Object.assign(page, { snapshot: { ...snapshot, banned: bans } })
      await vi.waitFor(() => expect(all('li[data-banned]')).toHaveLength(bans.length), PATIENT)
      ;(await button('Lift')).click()
      await vi.waitFor(() => expect(focused()?.tagName).toBe(tag), PATIENT)
    }
  })
})

it('a peer that is not connected stands on the page with the time it was last seen', async () => {
  const neuron = createFakeNeuron()
  put('zazen-peers-page', { desk: deskOf(neuron), snapshot: await neuron.snapshot(), now: FAKE_NOW })
  const row = await one('li[data-seen]')
  expect(row.textContent.replace(/\s+/g, ' ')).toContain('last seen 13 minutes ago')
})

describe('who else predicts a stream', () => {
  const show = async (predictors: Desk['neuron']['predictors']) => {
    const neuron = createFakeNeuron()
    const [stream] = (await neuron.snapshot()).streams
    const calls: string[] = []
    const heard = (call: string) => async (id: string) => void calls.push(`${call} ${id}`)
    const asked = vi.fn(predictors)
    const desk = deskOf({ ...neuron, predictors: asked, subscribe: heard('subscribe'), unsubscribe: heard('unsubscribe') })
    put('zazen-predictors', { desk, stream })
    const details = await one('details')
    return { asked, calls, stream, open: () => details.setAttribute('open', '') }
  }
  const says = (words: string): Promise<HTMLElement> => found(words, () => all('details p').find(({ textContent }) => textContent.trim() === words))
  const bob = { id: 'b0b', author: 'ab'.repeat(32), rows: 3, online: true, subscribed: false }

  it('is asked only once somebody opens it, and followed and left by a button each', async () => {
    let subscribed = false
    const { asked, calls, stream, open } = await show(async () => [{ ...bob, subscribed }])
    expect(asked).not.toHaveBeenCalled()
    open()
    const follow = await button('Follow')
    expect(asked.mock.calls).toEqual([[stream?.id]])
    expect(all('li')[0]?.textContent.replace(/\s+/g, ' ').trim()).toContain('3 rows there now')
    subscribed = true
    follow.click()
    ;(await button('Stop following')).click()
    await vi.waitFor(() => expect(calls).toEqual(['subscribe b0b', 'unsubscribe b0b']), PATIENT)
  })

  it('may be nobody, or not known', async () => {
    let isAway = false
    const { open } = await show(async () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- commands reject with a plain {code, message}
      if (isAway) throw { code: 'disconnected', message: 'The server is away.' }
      return []
    })
    await says('Asking the server…')
    open()
    await says('Nobody else publishes predictions of it at this server.')
    isAway = true
    const details = await one('details')
    details.removeAttribute('open')
    await new Promise((resolve) => details.addEventListener('toggle', resolve, { once: true }))
    open()
    await says('The server is away.')
  })
})
