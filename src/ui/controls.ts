import { css } from 'lit'

/** Buttons, fields and bars as every component shows them. */
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
  label.check {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    font-size: 0.9375rem;
    color: var(--ink);
    min-height: 2rem;
    cursor: pointer;
  }
  label.check input {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    accent-color: var(--accent);
  }
  summary {
    cursor: pointer;
    color: var(--soft);
    font-size: var(--small);
  }
  input,
  select,
  textarea {
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
  textarea {
    height: auto;
    resize: vertical;
  }
  input[type='file'] {
    width: 100%;
    padding: 0.25rem;
  }
  input::placeholder,
  textarea::placeholder {
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
