import { it } from 'vitest'
import { playShare } from './whole/share.ts'

it('as many whole worlds more, on another core', (context) => playShare(1, context))
