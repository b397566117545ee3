import { describe, expect, it } from 'vitest'
import { namedPages } from '../../../../src/data/downloads/named-pages.ts'

/** A run of two pages, told by its letter. */
const run = (letter: string) => new Uint8Array(64).fill(letter.charCodeAt(0))
const said = (list: Uint8Array): string => Array.from({ length: list.length / 64 }, (_, at) => String.fromCharCode(list[at * 64] || 45)).join('')

describe('[T20] what a record names while a list is not whole', () => {
  it('is each verified run in its place, and elsewhere what was named there before', () => {
    const interrupted = namedPages(new Map([[0, run('A')], [4, run('C')]]), 8)
    expect(said(interrupted)).toBe('A-C')
    const again = namedPages(new Map([[0, run('a')]]), 8, interrupted)
    expect(said(again)).toBe('a-C')
    expect(said(namedPages(new Map([[0, run('a')], [2, run('b')]]), 8, again))).toBe('abC')
  })

  it('is no more than the history has pages', () => {
    expect(said(namedPages(new Map([[0, run('a')]]), 4, new Uint8Array([...run('A'), ...run('B'), ...run('C')])))).toBe('aB')
  })
})
