import { describe, expect, it } from 'vitest'
import { createLog } from '../../../signaling/log.ts'
import { explainListenFailure, invitation } from '../../../signaling/words.ts'

const failure = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code })

describe('what a person reads', () => {
  it('names an address that works in a browser', () => {
    expect(invitation('127.0.0.1', 8080)).toContain('http://localhost:8080 ')
    expect(invitation('0.0.0.0', 80)).toContain('http://localhost:80 ')
    expect(invitation('192.0.2.1', 8080)).toContain('http://192.0.2.1:8080 ')
    expect(invitation('2001:db8::1', 8080)).toContain('http://[2001:db8::1]:8080 ')
  })

  it.each(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EOTHER'])('%s is one line', (code) => {
    const line = explainListenFailure(failure(code), { host: '127.0.0.1', port: 8080 })
    expect(line).not.toContain('\n')
    expect(line).toMatch(/8080|127\.0\.0\.1|EOTHER/)
  })

  it('is not steered by what a stranger wrote into the log', () => {
    const lines: string[] = []
    const log = createLog('info', true, { write: (line) => void lines.push(line) })
    log.info({ host: 'a\u001b[2J\nb', node: '12ab', csi: '\u009b2J' }, 'connected')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}connected [^\u0000-\u001f\u007f-\u009f]+\n$/)
    expect(lines[0]).toContain('node=12ab')
  })
})
