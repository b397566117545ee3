import { updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css } from 'lit'
import { controls } from './controls.ts'

// What is drawn follows the language, at once. Every component takes its looks from here, so this is said before any of them is defined.
LitElement.addInitializer((element) => updateWhenLocaleChanges(element))

/** Native elements as every component shows them. */
export const base = css`
  :host {
    display: block;
    min-width: 0;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3 {
    font-family: var(--serif);
    font-weight: 500;
    line-height: 1.2;
    margin: 0;
    text-wrap: balance;
    overflow-wrap: anywhere;
  }
  h1 {
    font-size: clamp(1.5rem, 1.1rem + 1.6vw, 2.25rem);
    letter-spacing: -0.01em;
  }
  h2 {
    font-size: var(--large);
  }
  h3 {
    font-size: 1.0625rem;
  }
  p {
    margin: 0;
    text-wrap: pretty;
  }
  bdi,
  .foreign {
    overflow-wrap: anywhere;
    unicode-bidi: isolate;
  }
  a {
    color: inherit;
    text-decoration-color: var(--strong-line);
    text-underline-offset: 0.2em;
  }
  a:hover {
    text-decoration-color: currentColor;
  }
  .soft {
    color: var(--soft);
  }
  .small {
    font-size: var(--small);
  }
  .good {
    color: var(--good);
  }
  .bad {
    color: var(--bad);
  }
  .accent {
    color: var(--accent);
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  /* Strangers choose how long a name is; a list shows this much of it. */
  .clamp {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
  }
  code,
  .mono {
    font-family: var(--mono);
    font-size: 0.875em;
    overflow-wrap: anywhere;
  }
  /* Without weight: what a list adds or has otherwise wins. */
  :where(.plain) {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }
  .stack {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--gap);
  }
  .sheet {
    background: var(--sheet);
    border: 1px solid var(--line);
    border-radius: var(--round);
    padding: 1.125rem 1.25rem;
  }
  .seen-by-readers {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`

/** Tables that scroll inside their own frame, so that the page never does sideways. */
export const tables = css`
  .scroller {
    position: relative;
    overflow-x: auto;
    max-width: 100%;
  }
  table {
    border-collapse: collapse;
    width: 100%;
    font-size: 0.875rem;
  }
  caption {
    text-align: start;
    color: var(--soft);
    font-size: var(--small);
    padding-bottom: 0.375rem;
  }
  th,
  td {
    text-align: start;
    padding: 0.3125rem 0.75rem 0.3125rem 0;
    border-bottom: 1px solid var(--line);
    vertical-align: baseline;
    white-space: nowrap;
  }
  th {
    font-weight: 500;
    color: var(--soft);
    font-size: var(--small);
  }
  td.wrap {
    white-space: normal;
    min-width: 10rem;
  }
  td.cut {
    max-width: 14rem;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  th.end,
  td.end {
    text-align: end;
  }
  td.number {
    font-variant-numeric: tabular-nums;
  }
`

/** A list of things with little to say of each: one line a thing, as long as there is room. */
export const entries = css`
  .entries {
    margin-top: 0.5rem;
    display: grid;
    gap: 0.5rem;
  }
  .entries li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.5rem;
    align-items: baseline;
  }
`

/** A dialog over the page; how wide, says who has one. */
export const dialogs = css`
  dialog {
    color: var(--ink);
    background: var(--sheet);
    border: 1px solid var(--strong-line);
    border-radius: var(--round);
    padding: 1.25rem 1.5rem;
  }
  dialog::backdrop {
    background: #000a;
  }
`

/** How far something has come, in a few words under its bar. */
export const progressLine = css`
  .line {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    margin-top: 0.375rem;
    font-size: var(--small);
    color: var(--soft);
    font-variant-numeric: tabular-nums;
  }
`

/** Curves of one width, however their drawing is stretched. */
export const curves = css`
  path {
    fill: none;
    stroke: var(--soft);
    stroke-width: 1.25;
    vector-effect: non-scaling-stroke;
    stroke-linejoin: round;
  }
`

/** Everything a component usually wants. */
export const shared = [base, controls]
