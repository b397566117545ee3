import { expect, it } from 'vitest'
import { keepChoices, readChoices, type Choices } from '../../../src/ui/choices.ts'

it('choices are read as they were kept', () => {
  const map = new Map<string, string>()
  const storage = { getItem: (key: string) => map.get(key) ?? null, setItem: (key: string, value: string) => void map.set(key, value) }
  const all: Choices = { theme: 'dark', language: 'es', awake: true, notify: true, keys: false }
  keepChoices(storage, all)
  expect(readChoices(storage)).toEqual(all)
  const none: Choices = { theme: 'light', language: 'system', awake: false, notify: false, keys: true }
  keepChoices(storage, none)
  expect(readChoices(storage)).toEqual(none)
})

it.each([null, '', 'purple', '<script>'])('what was never chosen, or cannot be read, is the usual: %s', (text) => {
  expect(readChoices({ getItem: () => text })).toEqual({ theme: 'system', language: 'system', awake: false, notify: false, keys: true })
})
