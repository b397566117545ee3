import { msg, str } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatCount, isOne, plural } from './format.ts'
import { hrefOf } from './router.ts'
import { OVER_BUDGET, helpFor, isUnmended, lostRowsOf, lostWords, type LostRows } from './standing.ts'
import { failureWords } from './words/tell.ts'

/**
 * What is the matter with a stream, what it means and what can be done: two histories signed, rows lost by their
 * publisher, damage that nobody mends, or another problem. Properties: `desk`, `stream`, and `done`, called when the matter
 * was settled by the person.
 */
export class ZazenStreamTrouble extends LitElement {
  static override properties = { desk: { attribute: false }, stream: { attribute: false }, done: { attribute: false } }
  static override styles = [
    shared,
    css`
      .sheet {
        gap: 0.75rem;
        border-inline-start: 4px solid var(--bad);
      }
      .sheet > :not(div) {
        max-width: 46rem;
      }
      h2 {
        color: var(--bad);
      }
      h3 {
        margin-top: 0.25rem;
      }
      strong {
        color: var(--ink);
      }
      ul {
        margin: 0;
        padding-inline-start: 1.25rem;
        display: grid;
        gap: 0.375rem;
      }
    `,
  ]

  declare desk: Desk
  declare stream: StreamView
  declare done: () => void

  constructor() {
    super()
    this.done = () => undefined
  }

  override render() {
    const { stream } = this
    if (stream.forked) return stream.own ? this.#ownFork(stream) : this.#fork(stream)
    const lost = lostRowsOf(stream)
    return html`${lost === null ? nothing : this.#lost(stream, lost)}${stream.problem === null ? nothing : this.#problem(stream, stream.problem)}`
  }

  #fork(stream: StreamView) {
    return html`<section class="sheet stack" aria-labelledby="title" data-trouble="forked">
      <div role="alert"><h2 id="title">${msg('Its publisher signed two histories')}</h2></div>
      <p>
        ${msg('Two different histories of this stream carry its publisher’s signature. Only one of them can be true and nobody can tell which, so nothing of it is believed: no row is taken or handed on, nothing is learnt or predicted.')}
        ${stream.rows === 0 ? nothing : unbelievedWords(stream.rows)}
        ${msg('The proof is kept on this node and goes to every peer that follows the stream.')}
      </p>
      <h3>${msg('What you can do')}</h3>
      <ul>
        <li>${msg('Wait: the stream goes on by itself as soon as its publisher begins it anew.')}</li>
        <li>
          ${msg(html`Tell the publisher, if you know who that is: key <zazen-copy .desk=${this.desk} label=${msg('publisher key')} text=${stream.publisher}></zazen-copy>.`)}
          ${msg('A restored backup or a second copy of the node is the usual cause.')}
        </li>
        <li>${msg('Let it go: unsubscribe above, or forget it at the end of this page.')}</li>
      </ul>
    </section>`
  }

  #ownFork(stream: StreamView) {
    return html`<section class="sheet stack" aria-labelledby="title" data-trouble="forked">
      <div role="alert"><h2 id="title">${msg('This node’s key signed two histories')}</h2></div>
      <p>
        ${msg('Two different histories of this stream carry this node’s signature, so nobody believes either of them, and this node signs nothing more for it. That happens when a backup is restored, or when two copies of this node run at once.')}
      </p>
      <h3>${msg('What you can do')}</h3>
      <ul>
        <li>${msg('First close any other copy of this node: it would contradict this one again.')}</li>
        <li>${msg('Then begin it anew: the history that is here goes on, the other one is given up.')}</li>
      </ul>
      <div>${this.#begin({
        label: msg('Begin it anew…'),
        question: msg(str`Begin ${stream.name} anew?`),
        yes: msg('Give up the other history'),
        means: `${onwards(stream.rows)} ${msg('The other history, which carries this node’s signature too, is given up: who has it sets it aside.')}`,
      })}</div>
    </section>`
  }

  #lost(stream: StreamView, lost: LostRows) {
    const missing = lostWords(lost)
    return html`<section class="sheet stack" aria-labelledby="title" data-trouble="recover-first">
      <div role="alert"><h2 id="title">${lost.arriving ? msg('Lost rows are coming back') : msg('Rows of yours are missing here')}</h2></div>
      <p>
        ${lost.signed > lost.here
          ? msg(str`This node has signed ${plural(lost.signed, 'row')} of this stream and has ${formatCount(lost.here)} of them.`)
          : msg('This node’s key has signed newer rows of this stream than are here.')}
        ${msg(str`A crash or a restored backup may have lost ${missing}.`)} ${lost.arriving
          ? msg('A peer has them: they are fetched and checked now. Rows can be added again when they are here.')
          : msg('They are looked for and fetched as soon as a peer has them. Until then no row can be added: it would contradict what was signed before.')}
      </p>
      ${lost.arriving
        ? nothing
        : html`<h3>${msg('What you can do')}</h3>
            <ul>
              <li>${msg('Wait, or ask those who follow the stream to open Zazen: what one of them has is not lost.')}</li>
              <li>${msg('If nobody has them any more, go on without them.')}</li>
            </ul>
            <div>${this.#begin({
              label: msg('Go on without the lost rows…'),
              question: msg(str`Go on without ${missing}?`),
              yes: msg(str`Give up ${missing}`),
              means: `${onwards(stream.rows)} ${msg('What is missing is given up for good: should it turn up later, it is set aside, here and by everyone who follows the stream.')}`,
            })}</div>`}
    </section>`
  }

  #problem(stream: StreamView, problem: NonNullable<StreamView['problem']>) {
    const { code } = problem
    const help = helpFor(stream)
    return html`<section class="sheet stack" data-trouble=${code}>
      <p class="bad" role="alert"><bdi dir="auto">${failureWords(problem)}</bdi> <code>${code}</code></p>
      ${help === '' ? nothing : html`<p class="soft">${help}${code === OVER_BUDGET ? html` <a href=${hrefOf({ page: 'settings' })}>${msg('Settings')}</a>` : nothing}</p>`}
      ${isUnmended(stream)
        ? html`<div>${this.#begin({
            label: msg('Go on without what is damaged…'),
            question: msg(str`Go on without what is damaged of ${stream.name}?`),
            yes: msg('Give up what is damaged'),
            means: msg('The rows before the first that is damaged go on, signed again. All rows after it are given up for good, also those that are whole: so first wait for whoever follows the stream to open Zazen, and save what you need as CSV.'),
          })}</div>`
        : nothing}
    </section>`
  }

  #begin({ label, question, yes, means }: { label: string; question: string; yes: string; means: string }) {
    const { id } = this.stream
    return html`<zazen-confirm
      .desk=${this.desk}
      label=${label}
      question=${question}
      yes=${yes}
      no=${msg('Not now')}
      .what=${() => msg('Beginning it anew')}
      .action=${() => this.desk.neuron.beginEpoch(id)}
      .done=${() => this.#begun()}
    ><p>${means}</p><p><strong>${msg('This is final: it cannot be undone.')}</strong></p></zazen-confirm>`
  }

  #begun(): void {
    this.desk.tell({ kind: 'done', text: () => msg('The stream has begun anew. Rows can be added again.') })
    this.done()
  }
}

const unbelievedWords = (rows: number): string =>
  isOne(rows)
    ? msg('The row below came before that was found out; it is kept, not believed.')
    : msg(str`The ${plural(rows, 'row')} below came before that was found out; they are kept, not believed.`)

const onwards = (rows: number): string => {
  if (rows === 0) return msg('No row is left on this node: the stream begins anew with the next one you add.')
  return isOne(rows)
    ? msg('The one row on this node goes on, signed again.')
    : msg(str`The ${plural(rows, 'row')} on this node go on, signed again.`)
}

customElements.define('zazen-stream-trouble', ZazenStreamTrouble)
