import { msg, str } from '@lit/localize'
import { LitElement, css, html, unsafeCSS } from 'lit'
import uPlot from 'uplot'
import uplotSheet from 'uplot/dist/uPlot.min.css?inline'
import { formatForecast, formatNumber, formatUtc } from './format.ts'
import { drawable, type PlotData } from './plot-data.ts'
import { drawNext, plotOptions, type Palette } from './plot-options.ts'
import { watchTouch } from './plot-touch.ts'
import type { PlotWindow } from './plot-window.ts'
import { base } from './elements.ts'
import { language } from './words/language.ts'

/**
 * The history with own predictions over it. Drag to zoom, double-click to see all again; one finger moves, two zoom, two taps show all.
 * Properties: `data` (null: being read), `view` (another text resets the zoom), `label` for readers.
 */
export class ZazenPlot extends LitElement {
  static override properties = { data: { attribute: false }, view: {}, label: {}, under: { state: true } }
  static override styles = [
    base,
    unsafeCSS(uplotSheet),
    css`
      .frame {
        height: clamp(14rem, 34vh, 22rem);
        overflow: hidden;
        position: relative;
      }
      .uplot {
        font-family: inherit;
      }
      /* Fingers across it are its own, up and down they scroll the page. */
      .u-over {
        touch-action: pan-y;
      }
      .u-select {
        background: var(--wash);
      }
      .u-hz .u-cursor-x,
      .u-hz .u-cursor-y {
        border-color: var(--strong-line);
      }
      .reading {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 1rem;
        min-height: 1.5em;
        font-size: var(--small);
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      .legend i {
        display: inline-block;
        width: 1.25em;
        height: 0;
        margin-inline: 0.75em 0.35em;
        border-top: 2px solid var(--ink);
        vertical-align: middle;
      }
      .legend i:first-child {
        margin-inline-start: 0;
      }
      .legend i.predicted {
        border-color: var(--accent);
      }
      .legend i.band {
        height: 0.625em;
        border: 0;
        background: var(--accent);
        opacity: 0.25;
      }
    `,
  ]

  declare data: PlotData | null
  declare view: string
  declare label: string
  /** What stands under the pointer. */
  declare under: string
  #plot: uPlot | null = null
  #axis: PlotData['axis'] = 'time'
  #view = ''
  #language = language()
  readonly #colours = new Map<string, string>()
  #stop: (() => void) | null = null

  constructor() {
    super()
    this.data = null
    this.view = ''
    this.label = ''
    this.under = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const ending = new AbortController()
    const sizes = new ResizeObserver(() => requestAnimationFrame(() => this.#resize()))
    sizes.observe(this)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#recolour(), ending)
    this.#stop = () => {
      sizes.disconnect()
      ending.abort()
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop?.()
    this.#clear()
  }

  override render() {
    return html`<div class="frame" role="img" aria-label=${this.label}>
        ${this.data === null ? html`<p class="reading soft">${msg('Reading…')}</p>` : ''}
      </div>
      <div class="legend" aria-hidden="true">
        <span><i></i>${msg('observed')}${isPredicted(this.data) ? html`<i class="predicted"></i>${msg('predicted')}<i class="band"></i>${msg('90 % interval')}` : ''}</span>
        <span>${this.under === '' ? howTo() : this.under}</span>
      </div>`
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    // The dates of the axis are drawn once, in the language of then.
    const isForeign = this.#language !== language()
    if (!changed.has('data') && !isForeign) return
    if (this.data === null || isForeign) this.#clear()
    this.#language = language()
    if (this.data !== null) this.#show(this.data)
  }

  #clear(): void {
    this.#plot?.destroy()
    this.#plot = null
  }

  #show(data: PlotData): void {
    const columns = alignedOf(data)
    if (this.#plot !== null && this.#axis === data.axis) {
      const keepZoom = this.#view === this.view && isZoomed(this.#plot)
      this.#plot.setData(columns, !keepZoom)
      if (keepZoom) this.#plot.redraw()
    } else {
      this.#build(data, columns)
    }
    this.#view = this.view
  }

  #build(data: PlotData, columns: uPlot.AlignedData): void {
    const frame = this.#frame()
    if (frame === null) return
    this.#plot?.destroy()
    this.#axis = data.axis
    const options = plotOptions(data.axis, this.#palette, {
      draw: (plot) => drawNext(plot, this.#palette),
      setCursor: (plot) => (this.under = this.data === null ? '' : underPointer(plot, this.data)),
    })
    const plot = new uPlot({ ...options, width: frame.clientWidth, height: frame.clientHeight }, columns, frame)
    watchTouch(plot.over, { whole: () => wholeOf(plot), seen: () => seenOf(plot), show: (window) => plot.setScale('x', window) })
    this.#plot = plot
  }

  #frame(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.frame')
  }

  #resize(): void {
    const frame = this.#frame()
    const plot = this.#plot
    if (frame === null || plot === null || frame.clientWidth === 0) return
    if (plot.width !== frame.clientWidth || plot.height !== frame.clientHeight)
      plot.setSize({ width: frame.clientWidth, height: frame.clientHeight })
  }

  #recolour(): void {
    this.#colours.clear()
    this.#plot?.redraw(false)
  }

  /** A canvas does not know `light-dark()`: the token is resolved by an element that wears it. */
  readonly #palette: Palette = (token) => {
    const known = this.#colours.get(token)
    if (known !== undefined) return known
    const before = this.style.color
    this.style.color = `var(--${token})`
    const colour = getComputedStyle(this).color
    this.style.color = before
    this.#colours.set(token, colour)
    return colour
  }
}

/** The plot library's types leave out `undefined` inside a typed tuple; its drawing does not. */
const alignedOf = (data: PlotData): uPlot.AlignedData => [data.x, ...[data.value, data.upper, data.lower, data.predicted].map(drawable)] as uPlot.AlignedData

/** Where nothing is wider than a point there is nothing to move. */
const wholeOf = ({ data: [xs] }: uPlot): PlotWindow | null => {
  const [min, max] = [xs[0], xs[xs.length - 1]]
  return min === undefined || max === undefined || max <= min ? null : { min, max }
}

const seenOf = (plot: uPlot): PlotWindow | null => {
  const { min, max } = plot.scales['x'] ?? {}
  return min === undefined || max === undefined ? null : { min, max }
}

const isZoomed = (plot: uPlot): boolean => {
  const [whole, seen] = [wholeOf(plot), seenOf(plot)]
  return whole !== null && seen !== null && (seen.min > whole.min || seen.max < whole.max)
}

/** Where the first pointer is a finger, the words are for fingers. */
const howTo = (): string =>
  matchMedia('(pointer: coarse)').matches ? msg('drag to move, pinch to zoom, double tap for all') : msg('drag to zoom, double-click for all')

const underPointer = (plot: uPlot, { axis, x: xs, value: values, upper: uppers, lower: lowers }: PlotData): string => {
  const i = plot.cursor.idx
  const x = i === null || i === undefined ? undefined : xs[i]
  if (i === null || i === undefined || x === undefined) return ''
  const place = axis === 'row' ? msg(str`row ${x}`) : formatUtc(new Date(x * 1000).toISOString())
  const value = values[i]
  const observed = typeof value === 'number' ? `: ${formatNumber(value)}` : ''
  const band = bandWords(lowers[i], uppers[i])
  return `${place}${observed}${band}`
}

const bandWords = (lower: number | null | undefined, upper: number | null | undefined): string => {
  if (typeof lower !== 'number' || typeof upper !== 'number') return ''
  const cut = formatForecast({ value: String(lower), lower: String(lower), upper: String(upper) })
  return `, ${msg(str`predicted ${cut.lower} … ${cut.upper}`)}`
}

const isPredicted = (data: PlotData | null): boolean => data?.predicted.some((value) => value !== undefined && value !== null) ?? true

customElements.define('zazen-plot', ZazenPlot)
