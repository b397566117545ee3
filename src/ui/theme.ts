import { css } from 'lit'

/**
 * The tokens of the whole window: ink on paper and one accent, persimmon, which only ever means "prediction" or
 * "press here". Text colours keep 4.5 : 1 on `paper` and on `sheet` in both schemes. Custom properties reach into every
 * shadow root, so no component names a colour of its own.
 */
export const tokens = css`
  :root {
    color-scheme: light dark;
    --paper: light-dark(#f6f2e8, #151411);
    --sheet: light-dark(#fdfaf3, #1c1a17);
    --well: light-dark(#ece6d8, #252219);
    --ink: light-dark(#1d1a15, #ece5d6);
    --soft: light-dark(#655d50, #a89e8c);
    --line: light-dark(#dcd4c3, #37322a);
    --strong-line: light-dark(#8d8372, #776e5f);
    --accent: light-dark(#a3420b, #f2a063);
    --on-accent: light-dark(#fffaf2, #1d1206);
    --good: light-dark(#41640f, #a9c877);
    --bad: light-dark(#a3201c, #ff8f80);
    --wash: light-dark(#a3420b1c, #f2a06324);

    --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Source Serif 4', Charter, Georgia, 'Liberation Serif', serif;
    --sans: -apple-system, BlinkMacSystemFont, 'Segoe UI Variable Text', 'Segoe UI', Roboto, 'Noto Sans', Cantarell,
      'Liberation Sans', Arial, sans-serif;
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace;

    --small: 0.8125rem;
    --large: 1.25rem;
    --gap: 1rem;
    --round: 6px;
    --page: 76rem;

    background: var(--paper);
    color: var(--ink);
    font: 400 1rem/1.5 var(--sans);
    scrollbar-color: var(--strong-line) transparent;
  }
  body {
    margin: 0;
    min-width: 20rem;
  }
`

/** Tokens live on the document; a second mount does not adopt them twice. */
export const adoptTokens = (): void => {
  const sheet = tokens.styleSheet
  if (sheet !== undefined && !document.adoptedStyleSheets.includes(sheet))
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}

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

export const controls = css`
  button,
  .button {
    font: inherit;
    font-size: 0.9375rem;
    line-height: 1.25rem;
    min-height: 2.375rem;
    padding: 0.4375rem 0.875rem;
    color: var(--ink);
    background: transparent;
    border: 1px solid var(--strong-line);
    border-radius: var(--round);
    cursor: pointer;
    text-decoration: none;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    transition: background-color 120ms, border-color 120ms;
  }
  button:hover,
  .button:hover {
    background: var(--well);
  }
  .primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
  }
  .primary:hover {
    background: color-mix(in oklab, var(--accent), var(--ink) 18%);
  }
  .quiet {
    border-color: transparent;
    padding-inline: 0.5rem;
    color: var(--soft);
  }
  .quiet:hover {
    color: var(--ink);
  }
  button[aria-pressed='true'] {
    background: var(--well);
    border-color: var(--ink);
  }
  button[aria-disabled='true'],
  button:disabled {
    opacity: 0.65;
    cursor: default;
  }
  button[aria-busy='true']::before {
    content: '';
    width: 0.8em;
    height: 0.8em;
    border: 2px solid currentColor;
    border-right-color: transparent;
    border-radius: 50%;
    animation: turn 900ms linear infinite;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
  label {
    display: grid;
    gap: 0.25rem;
    font-size: var(--small);
    color: var(--soft);
    min-width: 0;
  }
  input,
  select {
    font: inherit;
    font-size: 1rem;
    color: var(--ink);
    background: var(--paper);
    border: 1px solid var(--strong-line);
    border-radius: var(--round);
    padding: 0.375rem 0.625rem;
    height: 2.375rem;
    min-width: 0;
    max-width: 100%;
  }
  input::placeholder {
    color: var(--soft);
    opacity: 1;
  }
  progress,
  meter {
    appearance: none;
    display: block;
    width: 100%;
    height: 0.375rem;
    border: 0;
    border-radius: 1rem;
    background: var(--well);
    overflow: hidden;
  }
  progress::-webkit-progress-bar,
  meter::-webkit-meter-bar {
    background: var(--well);
    border: 0;
    border-radius: 1rem;
    height: 100%;
  }
  meter::-webkit-meter-inner-element {
    display: block;
    height: 100%;
  }
  progress::-webkit-progress-value,
  meter::-webkit-meter-optimum-value {
    background: var(--accent);
    border-radius: 1rem;
  }
  progress::-moz-progress-bar,
  meter::-moz-meter-bar {
    background: var(--accent);
    border-radius: 1rem;
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

/** Everything a component usually wants. */
export const shared = [base, controls]
