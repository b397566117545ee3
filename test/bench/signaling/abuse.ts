import { startServer } from '../../support/server.ts'
import { ATTACKS, costOf, served } from '../../support/signaling-attacks.ts'

/** What each attack costs a fresh server while it lasts. */
export interface Abuse {
  readonly title: string
  readonly costMiB: number
}

export const measureAbuse = async (): Promise<readonly Abuse[]> => {
  const measured: Abuse[] = []
  for (const attack of ATTACKS) {
    const server = await startServer({ more: { LOG_LEVEL: 'silent' } })
    await served(server.port)
    measured.push({ title: attack.title, costMiB: await costOf(server.port, attack) })
    await server.stop()
  }
  return measured
}
