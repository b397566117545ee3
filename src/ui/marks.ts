import { msg, str } from '@lit/localize'
import { css, html, nothing, type TemplateResult } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import { formatAgo, formatUtc, isOne, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { toldWords } from './words/tell.ts'

// Small pieces of text that several components show the same way.

export const markStyles = css`
  /* The tip spans the facts it stands in, so that it never leaves a narrow screen. */
  .facts {
    position: relative;
  }
  .mark {
    display: inline-flex;
    align-items: center;
    gap: 0.375em;
    font-size: var(--small);
    white-space: nowrap;
    cursor: help;
    border-radius: var(--round);
  }
  .mark svg {
    width: 1em;
    height: 1em;
    flex: none;
  }
  .mark .tip {
    position: absolute;
    inset-block-start: calc(100% + 0.375rem);
    inset-inline-start: 0;
    z-index: 5;
    max-width: min(100%, 26rem);
    padding: 0.5rem 0.75rem;
    white-space: normal;
    color: var(--ink);
    background: var(--sheet);
    border: 1px solid var(--strong-line);
    border-radius: var(--round);
    box-shadow: 0 6px 20px #0003;
    display: none;
  }
  .mark:hover .tip,
  .mark:focus .tip {
    display: block;
  }
`

const tick = html`<svg viewBox="0 0 16 16" aria-hidden="true">
  <path d="M2.5 8.5l3.5 3.5 7.5-8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
</svg>`
const ring = html`<svg viewBox="0 0 16 16" aria-hidden="true">
  <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="2.5 3" />
</svg>`

/** Whether the rows are covered by the publisher's signature; says what that means on hover and focus. */
export const verifiedMark = (stream: StreamView): TemplateResult | typeof nothing => {
  if (stream.rows === 0) return nothing
  if (stream.forked) return forkedMark()
  const tip = stream.verified
    ? coveredWords(stream.rows)
    : msg('Some rows are not covered by a signature that this node has checked. They are kept apart until they are.')
  return mark(stream.verified ? 'good' : 'soft', stream.verified ? tick : ring, stream.verified ? msg('verified') : msg('not verified yet'), tip)
}

const mark = (look: string, sign: TemplateResult, words: string, tip: string): TemplateResult =>
  html`<span class="mark ${look}" tabindex="0" role="note" aria-label=${`${words}: ${tip}`}
    >${sign}${words}<span class="tip" aria-hidden="true">${tip}</span></span
  >`

const coveredWords = (rows: number): string =>
  isOne(rows)
    ? msg('The row carries its publisher’s signature, and this node checked it when it arrived. Nobody in between can have changed it.')
    : msg(str`All ${plural(rows, 'row')} carry their publisher’s signature, and this node checked every one of them when they arrived. Nobody in between can have changed a row.`)

const forkedMark = (): TemplateResult =>
  mark(
    'bad',
    ring,
    msg('not believed'),
    msg('The publisher signed two different histories of this stream. Nothing of it is believed until its publisher begins it anew.'),
  )

/** A moment as "5 min ago", exact on hover. */
export const ago = (iso: string, nowMs: number): TemplateResult =>
  html`<time datetime=${iso} title=${`${formatUtc(iso)} UTC`}>${formatAgo(iso, nowMs)}</time>`

/** What was to be published is published already: where it is. */
export const alreadyThere = (message: string, id: string): TemplateResult =>
  html`<p role="status"><bdi dir="auto">${toldWords(message)}</bdi> <a href=${hrefOf({ page: 'stream', id })}>${msg('Open the stream')}</a></p>`

/** Text that strangers wrote: isolated, so that its direction and length stay its own affair. */
export const foreign = (text: string): TemplateResult => html`<bdi dir="auto">${text === '' ? '–' : text}</bdi>`
