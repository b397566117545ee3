import { msg } from '@lit/localize'
import type { Sample } from '../../neuron/neuron-commands.ts'

export type SampleWords = Pick<Sample, 'title' | 'description'>

/** What a bundled history is, by its key; one that is not known here speaks for itself. */
export const sampleWords = (sample: Pick<Sample, 'key' | 'title' | 'description'>): SampleWords => known()[sample.key] ?? sample

const known = (): Readonly<Record<string, SampleWords>> => ({
  'seattle-temperature': { title: msg('Seattle, warmest of the day'), description: msg('Daily maximum temperature in °C, 2012 to 2015.') },
  'seattle-precipitation': {
    title: msg('Seattle, rain and snow'),
    description: msg('Daily precipitation in mm, 2012 to 2015: many zeros and sudden bursts.'),
  },
  'seattle-wind': { title: msg('Seattle, wind'), description: msg('Daily average wind speed in m/s, 2012 to 2015.') },
  'new-york-temperature': { title: msg('New York, warmest of the day'), description: msg('Daily maximum temperature in °C, 2012 to 2015.') },
  'mauna-loa-co2': {
    title: msg('Carbon dioxide on Mauna Loa'),
    description: msg('Monthly CO₂ in the air, parts per million, since 1958: a steady rise with a yearly wave.'),
  },
  'seattle-hourly-normals': {
    title: msg('Seattle, hour by hour through an average year'),
    description: msg('Hourly normal temperature in °C over the years 1981 to 2010.'),
  },
  'us-employment': {
    title: msg('Employment in the United States'),
    description: msg('Monthly non-farm employment in thousands, 2006 to 2015, seasonally adjusted: the crisis and the recovery.'),
  },
})
