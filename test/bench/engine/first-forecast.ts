import { within } from '../pair.ts'
import { createPayload } from '../payload.ts'
import { withCost } from '../processor.ts'
import type { Stage } from '../stage.ts'
import { openPublisher, publish } from '../zazen.ts'

export interface FirstForecast {
  readonly rows: number
  readonly elapsedMs: number
  /** Of the whole browser; null where the system does not tell. */
  readonly processorMs: number | null
}

/** The app as people have it: a history is in storage, the engine is let go, and a forecast of it is stored. Each round is another node. */
export const firstForecasts = async (
  { sender, url }: Stage,
  { rows, rounds }: { readonly rows: number; readonly rounds: number },
): Promise<readonly FirstForecast[]> => {
  const measured: FirstForecast[] = []
  for (let round = 0; round < rounds; round++) {
    const page = await openPublisher({ sender }, url, `first-${round}`) // it stands still
    const { id } = await within(publish(page, createPayload(rows, round)))
    const { value, costsMs } = await withCost([sender.pid], () => within(page.evaluate(forecastOnPage, id)))
    measured.push({ rows, elapsedMs: value, processorMs: costsMs[0] ?? null })
    await page.close()
  }
  return measured
}

/** Runs on the page; it may use nothing from here. */
const forecastOnPage = async (id: string): Promise<number> => {
  interface Handle {
    resume(): Promise<void>
    predictions(id: string): Promise<readonly unknown[]>
  }
  const { zazen } = globalThis as unknown as { readonly zazen: Handle }
  const began = performance.now()
  await zazen.resume()
  while ((await zazen.predictions(id)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  return performance.now() - began
}
