import uPlot from 'uplot'
import { formatNumber } from './format.ts'
import type { PlotData } from './plot-data.ts'
import { language } from './words/language.ts'

/** The colour of a design token as the canvas understands it. */
export type Palette = (token: 'ink' | 'soft' | 'line' | 'accent' | 'wash' | 'sheet') => string

export interface PlotHooks {
  readonly draw: (plot: uPlot) => void
  readonly setCursor: (plot: uPlot) => void
}

// Columns of the aligned data.
const UPPER = 2
const LOWER = 3
const PREDICTED = 4

/** Space for a tick label: measured text plus this. */
const LABEL_ROOM = 18

/** The library's American dates, in the words of the tables; longer patterns first. */
const DATE_WORDS = [
  ['{M}/{D}/{YY}', '{YYYY}-{MM}-{DD}'],
  ['{M}/{D}', '{MMM} {D}'],
  ['{h}:{mm}:{ss}{aa}', '{HH}:{mm}:{ss}'],
  ['{h}:{mm}{aa}', '{HH}:{mm}'],
  ['{h}{aa}', '{HH}:00'],
] as const

/** Steps between ticks: the library's own end at 10^32, and values do not. Made of text, as the library's are: it knows their decimals by these very numbers. */
const STEPS = Array.from({ length: 32 + 308 }, (_, i) => ['1', '2', '2.5', '5'].map((step) => Number(`${step}e${i - 32}`))).flat()

/** Everything but the size, which the element knows. Times are shown in UTC, as the rows hold them. */
export const plotOptions = (
  axis: PlotData['axis'],
  palette: Palette,
  hooks: PlotHooks,
): Omit<uPlot.Options, 'width' | 'height'> => ({
  tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
  fmtDate: (template) =>
    uPlot.fmtDate(DATE_WORDS.reduce((words, [theirs, ours]) => words.replaceAll(theirs, ours), template), dateNames()),
  padding: [10, 14, 0, 0],
  legend: { show: false },
  cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
  scales: { x: { time: axis === 'time' } },
  axes: [
    { ...axisLook(palette), space: 70 },
    {
      ...axisLook(palette),
      incrs: STEPS,
      values: (_, splits) => splits.map((split) => formatNumber(split)),
      size: (plot, labels) => LABEL_ROOM + widest(plot, labels),
    },
  ],
  series: [
    {},
    { stroke: () => palette('ink'), width: 1.25, points: { size: 4 } },
    { width: 0, points: { show: false } },
    { width: 0, points: { show: false } },
    { stroke: () => palette('accent'), width: 1.25, points: { show: false } },
  ],
  bands: [{ series: [UPPER, LOWER], fill: () => palette('wash') }],
  hooks: { draw: [hooks.draw], setCursor: [hooks.setCursor] },
})

/** Months and days of the week in the language of the window; 2024 began on a Monday. */
const dateNames = (): uPlot.DateNames => {
  const names = (count: number, options: Intl.DateTimeFormatOptions, at: (i: number) => number): string[] => {
    const dates = new Intl.DateTimeFormat(language(), { ...options, timeZone: 'UTC' })
    return Array.from({ length: count }, (_, i) => dates.format(at(i)))
  }
  const month = (i: number): number => Date.UTC(2024, i, 1)
  const sundayAnd = (i: number): number => Date.UTC(2024, 0, 7 + i)
  return {
    MMMM: names(12, { month: 'long' }, month),
    MMM: names(12, { month: 'short' }, month),
    WWWW: names(7, { weekday: 'long' }, sundayAnd),
    WWW: names(7, { weekday: 'short' }, sundayAnd),
  }
}

const axisLook = (palette: Palette): uPlot.Axis => ({
  stroke: () => palette('soft'),
  font: '12px system-ui, sans-serif',
  grid: { stroke: () => palette('line'), width: 1 },
  ticks: { stroke: () => palette('line'), width: 1, size: 5 },
})

const widest = (plot: uPlot, labels: readonly string[] | null): number => {
  plot.ctx.font = '12px system-ui, sans-serif'
  return Math.ceil((labels ?? []).reduce((most, label) => Math.max(most, plot.ctx.measureText(label).width), 0))
}

/** The newest prediction has no row yet: a point with its interval, so that it is seen at any zoom. */
export const drawNext = (plot: uPlot, palette: Palette): void => {
  const last = plot.data[0].length - 1
  const [x, value] = [plot.data[0][last], plot.data[PREDICTED]?.[last]]
  const [upper, lower] = [plot.data[UPPER]?.[last], plot.data[LOWER]?.[last]]
  if (x === undefined || typeof value !== 'number' || typeof upper !== 'number' || typeof lower !== 'number') return
  if (typeof plot.data[1]?.[last] === 'number') return
  const { ctx } = plot
  const at = (y: number): number => plot.valToPos(y, 'y', true)
  const across = plot.valToPos(x, 'x', true)
  const size = 4 * devicePixelRatio
  if (across > plot.bbox.left + plot.bbox.width + 1) return
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = palette('accent')
  ctx.lineWidth = 2 * devicePixelRatio
  ctx.beginPath()
  for (const end of [upper, lower]) {
    ctx.moveTo(across - size, at(end))
    ctx.lineTo(across + size, at(end))
  }
  ctx.moveTo(across, at(upper))
  ctx.lineTo(across, at(lower))
  ctx.stroke()
  ctx.beginPath()
  ctx.arc(across, at(value), size, 0, 2 * Math.PI)
  ctx.fill()
  ctx.restore()
}
