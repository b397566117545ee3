import { geometricMean } from '../../../src/engine/backtest.ts'
import { BANDS } from '../../../src/engine/first-rows.ts'
import { counts, groupsOf, type StreamResult, type Summary } from './summary.ts'

const NAME_CHARS = 40

const COLUMNS = [22, NAME_CHARS, 6, 7, 8, 7, 7] as const

const line = (...[group, stream, ...cells]: readonly string[]): string => {
  const [champion = ''] = cells.splice(COLUMNS.length - 2)
  const figures = COLUMNS.slice(2).map((width, at) => (cells[at] ?? '').padStart(width))
  return `${[(group ?? '').padEnd(COLUMNS[0]), clip(stream ?? '').padEnd(COLUMNS[1]), ...figures].join(' ')}  ${champion}`.trimEnd()
}

const clip = (name: string): string => (name.length > NAME_CHARS ? `${name.slice(0, NAME_CHARS - 1)}…` : name)

const digits = (value: number | null, places: number): string => (value === null ? '–' : value.toFixed(places))

export const HEADINGS = line('group', 'stream', 'rows', 'relMAE', 'coverage', 'width', 'µs/row', 'champion')

export const streamLine = (of: StreamResult): string =>
  line(of.group, of.file, String(of.rows), ...figures(of), of.notPredictable ?? of.champion)

const figures = (of: Pick<StreamResult, 'relMae' | 'coverage' | 'width' | 'microsPerRow'>): readonly string[] =>
  [digits(of.relMae, 3), digits(of.coverage, 3), digits(of.width, 2), digits(of.microsPerRow, 0)]

/** The means of a folder's groups and of all. */
export const summaryLines = ({ groups, overall }: Summary): readonly string[] => {
  const counted = groups.filter((group) => counts(group) && group.relMae !== null).length
  return [
    ...groups.map((group) => line(group.group, `geometric mean of ${group.streams}`, '', ...figures(group))),
    line('overall', `geometric mean of ${counted} groups`, '', digits(overall, 3)),
  ]
}

/** One line per band: the geometric mean over groups of the geometric means over their streams, and the mean coverage. */
export const firstLines = (streams: readonly StreamResult[]): readonly string[] =>
  BANDS.map(({ from, to }, band) => {
    const groups = groupsOf(streams.filter((stream) => streams.length === 1 || counts(stream))).map(([, members]) => members.flatMap(({ first }) => first[band] ?? []))
    const relMae = geometricMean(groups.flatMap((members) => geometricMean(members.flatMap((one) => one.relMae ?? [])) ?? []))
    const covers = groups.flat().flatMap(({ coverage }) => coverage ?? [])
    const coverage = covers.length > 0 ? covers.reduce((sum, cover) => sum + cover, 0) / covers.length : null
    return line('first rows', `after ${from} to ${to} rows`, '', digits(relMae, 3), digits(coverage, 3))
  })
