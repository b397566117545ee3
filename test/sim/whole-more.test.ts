import { it } from 'vitest'
import { playShare } from './whole/share.ts'

it('as many whole worlds more, on another core', () => playShare(1))
