import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import type { BundledSample } from '../../src/neuron/samples.ts'

/** One column of one data set. */
export interface SampleChoice {
  readonly key: string
  readonly title: string
  readonly description: string
  /** Name of the resource in datapackage.json. */
  readonly resource: string
  readonly time: string
  readonly value: string
  /** Only lines where this column has this text. */
  readonly only?: readonly [column: string, text: string]
}

export interface Resource {
  readonly name: string
  readonly path: string
  readonly licenses?: readonly { readonly title?: string; readonly path?: string }[]
  readonly sources?: readonly { readonly title?: string; readonly path?: string }[]
}

/** Real series of different habits: trends, seasons of a day and of a year, bursts. Each names its licence; others are not shipped. */
const CHOICES: readonly SampleChoice[] = [
  {
    key: 'seattle-temperature',
    title: 'Seattle, warmest of the day',
    description: 'Daily maximum temperature in °C, 2012 to 2015.',
    resource: 'seattle_weather',
    time: 'date',
    value: 'temp_max',
  },
  {
    key: 'seattle-precipitation',
    title: 'Seattle, rain and snow',
    description: 'Daily precipitation in mm, 2012 to 2015: many zeros and sudden bursts.',
    resource: 'seattle_weather',
    time: 'date',
    value: 'precipitation',
  },
  {
    key: 'seattle-wind',
    title: 'Seattle, wind',
    description: 'Daily average wind speed in m/s, 2012 to 2015.',
    resource: 'seattle_weather',
    time: 'date',
    value: 'wind',
  },
  {
    key: 'new-york-temperature',
    title: 'New York, warmest of the day',
    description: 'Daily maximum temperature in °C, 2012 to 2015.',
    resource: 'weather',
    time: 'date',
    value: 'temp_max',
    only: ['location', 'New York'],
  },
  {
    key: 'mauna-loa-co2',
    title: 'Carbon dioxide on Mauna Loa',
    description: 'Monthly CO₂ in the air, parts per million, since 1958: a steady rise with a yearly wave.',
    resource: 'co2_concentration',
    time: 'Date',
    value: 'CO2',
  },
  {
    key: 'seattle-hourly-normals',
    title: 'Seattle, hour by hour through an average year',
    description: 'Hourly normal temperature in °C over the years 1981 to 2010.',
    resource: 'seattle_weather_hourly_normals',
    time: 'date',
    value: 'temperature',
  },
  {
    key: 'us-employment',
    title: 'Employment in the United States',
    description: 'Monthly non-farm employment in thousands, 2006 to 2015, seasonally adjusted: the crisis and the recovery.',
    resource: 'us_employment',
    time: 'month',
    value: 'nonfarm',
  },
]

/** Serves `samples/*` in development and writes them into the build: made from the npm package, never kept in git. */
export const samplesPlugin = (): Plugin => {
  let files: ReadonlyMap<string, string> = new Map()
  return {
    name: 'zazen-samples',
    configResolved: (config) => {
      files = readSamples(join(config.root, 'node_modules/vega-datasets'))
    },
    generateBundle() {
      for (const [fileName, source] of files) this.emitFile({ type: 'asset', fileName, source })
    },
    configureServer: (server) => {
      server.middlewares.use((request, response, next) => {
        const name = (request.url ?? '').replace(/^\//, '').replace(/\?.*$/, '')
        const text = files.get(name)
        if (text === undefined) {
          next()
          return
        }
        response.setHeader('Content-Type', name.endsWith('.json') ? 'application/json' : 'text/csv; charset=utf-8')
        response.end(text)
      })
    },
  }
}

/** All files under samples/, by name. */
export const readSamples = (folder: string): ReadonlyMap<string, string> => {
  const { resources } = JSON.parse(readFileSync(join(folder, 'datapackage.json'), 'utf8')) as { resources: readonly Resource[] }
  const entries: BundledSample[] = []
  const files = new Map<string, string>()
  for (const choice of CHOICES) {
    const resource = resources.find(({ name }) => name === choice.resource)
    if (resource === undefined) throw new Error(`vega-datasets has no resource ${choice.resource}`)
    const csv = sampleCsv(readFileSync(join(folder, 'data', resource.path), 'utf8'), choice)
    const entry = sampleEntry(choice, resource, csv)
    entries.push(entry)
    files.set(`samples/${entry.file}`, csv)
  }
  return files.set('samples/index.json', JSON.stringify(entries, null, 2))
}

/** `time,value` lines, every field as the source has it: a re-formatted number would be another observation. */
export const sampleCsv = (source: string, { time, value, only }: Pick<SampleChoice, 'time' | 'value' | 'only'>): string => {
  const [header = [], ...lines] = source.trimEnd().split(/\r?\n/).map(fieldsOf)
  const at = (column: string): number => {
    const index = header.indexOf(column)
    if (index < 0) throw new Error(`no column "${column}" in ${header.join(',')}`)
    return index
  }
  const [timeAt, valueAt, onlyAt] = [at(time), at(value), only === undefined ? -1 : at(only[0])]
  const kept = only === undefined ? lines : lines.filter((fields) => fields[onlyAt] === only[1])
  return ['time,value', ...kept.map((fields) => `${fields[timeAt] ?? ''},${fields[valueAt] ?? ''}`), ''].join('\n')
}

const fieldsOf = (line: string): readonly string[] => {
  if (line.includes('"')) throw new Error(`a quoted field needs a real CSV reader: ${line}`)
  return line.split(',')
}

/** Without a licence that has a name, a data set is not ours to pass on: the build stops. */
export const sampleEntry = (choice: SampleChoice, resource: Resource, csv: string): BundledSample => {
  const license = resource.licenses?.[0]?.title
  const origin = resource.sources?.[0]
  if (license === undefined) throw new Error(`${resource.name} names no licence`)
  if (origin?.title === undefined || origin.path === undefined) throw new Error(`${resource.name} names no source`)
  return {
    key: choice.key,
    title: choice.title,
    description: choice.description,
    rows: csv.trimEnd().split('\n').length - 1,
    source: origin.title,
    license,
    url: origin.path,
    file: `${choice.key}.csv`,
    stream: choice.resource.replaceAll('_', '-'),
    target: choice.only === undefined ? choice.value : `${choice.only[1]} ${choice.value}`,
  }
}
