import { msg, str } from '@lit/localize'
import { LitElement, css, html, svg } from 'lit'
import { curves, shared } from './elements.ts'
import { LEAST_SCORED, type ErrorsOverTime } from './errors-over-time.ts'
import { formatNumber, formatUtc } from './format.ts'

/** How large errors have been, beside those of guessing “no change”. Property: `errors`. */
export class ZazenErrorPlot extends LitElement {
  static override properties = { errors: { attribute: false } }
  static override styles = [
    shared,
    curves,
    css`
      p {
        margin-top: 0.375rem;
      }
      .frame {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0.125rem 0.5rem;
        margin: 0.75rem 0 0.5rem;
        font-size: var(--small);
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      .scale,
      .times {
        display: flex;
        justify-content: space-between;
      }
      .scale {
        flex-direction: column;
        text-align: end;
      }
      .times {
        grid-column: 2;
        flex-wrap: wrap;
        gap: 0 1rem;
      }
      svg {
        display: block;
        width: 100%;
        height: 7rem;
        border-block: 1px solid var(--line);
      }
      .ours {
        stroke: var(--accent);
        stroke-width: 1.75;
      }
      .legend {
        font-size: var(--small);
        color: var(--soft);
      }
      i {
        display: inline-block;
        width: 1.25em;
        margin-inline: 0.75em 0.35em;
        border-top: 2px solid var(--soft);
        vertical-align: middle;
      }
      i.ours {
        margin-inline-start: 0;
        border-color: var(--accent);
      }
    `,
  ]

  declare errors: ErrorsOverTime

  override render() {
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('Error over time')}</h2>
      ${this.errors.time.length === 0
        ? html`<p class="soft">${msg(str`It is drawn as soon as ${LEAST_SCORED} predictions of this node have met their row; until now ${this.errors.scored} have.`)}</p>`
        : plot(this.errors)}
    </section>`
  }
}

const plot = ({ smoothed, time, ours, naive }: ErrorsOverTime) => {
  const most = [...ours, ...naive].reduce((largest, error) => Math.max(largest, error), 0)
  const [now, then] = [ours.at(-1) ?? 0, naive.at(-1) ?? 0].map(rough)
  return html`<div class="frame" role="img" aria-label=${msg(str`The error was ${now} of late, where guessing “no change” was wrong by ${then}.`)}>
      <span class="scale"><span>${rough(most)}</span><span>0</span></span>
      <svg viewBox="0 0 100 20" preserveAspectRatio="none">
        ${svg`<path d=${linePath(naive, most)}></path><path class="ours" d=${linePath(ours, most)}></path>`}
      </svg>
      <span class="times"><span>${dayOf(time[0])}</span><span>${dayOf(time.at(-1))}</span></span>
    </div>
    <p class="legend">
      <i class="ours"></i>${msg('this node’s predictions')}<i></i>${msg('guessing “no change”')}. ${msg(str`Each point is the mean error of ${smoothed} rows; lower is better.`)}
    </p>`
}

/** Over a box of 100 × 20, from nothing at the bottom to `most` at the top. */
const linePath = (values: readonly number[], most: number): string =>
  values.map((value, i) => `${i === 0 ? 'M' : 'L'}${((100 * i) / (values.length - 1)).toFixed(2)} ${(most > 0 ? 19.5 - 19 * (value / most) : 19.5).toFixed(2)}`).join('')

/** A mean error has no more digits that mean something. */
const rough = (error: number): string => formatNumber(Number(error.toPrecision(3)))

const dayOf = (seconds = 0): string => formatUtc(new Date(seconds * 1000).toISOString())

customElements.define('zazen-error-plot', ZazenErrorPlot)
