import { fail } from '../../base/result.ts'
import { isStreamId } from '../../domain/stream.ts'
import type { DataClient } from '../../ports/data-client.ts'
import { orReject } from '../rejection.ts'
import { createSeriesReader } from '../series.ts'
import type { NeuronCommands } from '../neuron-commands.ts'

/**
 * Points for plots, straight from the data process: over a port of the page's own, which may read and nothing else. A row is
 * decoded once, and the neuron is left to what cannot wait.
 */
export const createPlotReader = (data: Pick<DataClient, 'rows'>): NeuronCommands['series'] => {
  const series = createSeriesReader(data)
  return async (id, options) => {
    if (!isStreamId(id)) return orReject(fail('unknown-stream', 'This node does not keep that stream.'))
    const { total } = orReject(await data.rows(id, 0, 0))
    return orReject(await series.read(id, total, options))
  }
}
