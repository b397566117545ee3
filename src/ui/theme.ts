import { css } from 'lit'
import { keptChoices, type Theme } from './choices.ts'

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
  :root[data-theme='light'] {
    color-scheme: light;
  }
  :root[data-theme='dark'] {
    color-scheme: dark;
  }
  body {
    margin: 0;
    min-width: 20rem;
  }
`

/** The bar of a phone's browser has the colour of the paper. */
const PAPER = { light: '#f6f2e8', dark: '#151411' } as const

/** Everything is painted anew in the scheme chosen; `system` follows the machine. */
export const applyTheme = (theme: Theme): void => {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  for (const scheme of ['light', 'dark'] as const)
    document.querySelector(`meta[name=theme-color][media*=${scheme}]`)?.setAttribute('content', PAPER[theme === 'system' ? scheme : theme])
}

/** Tokens live on the document; a second mount does not adopt them twice. */
export const adoptTokens = (): void => {
  applyTheme(keptChoices().theme)
  const sheet = tokens.styleSheet
  if (sheet !== undefined && !document.adoptedStyleSheets.includes(sheet))
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
}
