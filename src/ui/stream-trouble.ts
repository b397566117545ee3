import { LitElement, css, html, nothing } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import './copy.ts'
import type { Desk } from './desk.ts'
import { shared } from './elements.ts'
import { formatCount, plural } from './format.ts'
import { helpFor, isUnmended, lostRowsOf, lostWords, type LostRows } from './standing.ts'

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
        display: grid;
        grid-template-columns: minmax(0, 1fr);
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
    return html`<section class="sheet" aria-labelledby="title" data-trouble="forked">
      <div role="alert"><h2 id="title">Its publisher signed two histories</h2></div>
      <p>
        Two different histories of this stream carry its publisher’s signature. Only one of them can be true and nobody can
        tell which, so nothing of it is believed: no row is taken or handed on, nothing is learnt or predicted.
        ${stream.rows === 0 ? nothing : html`The ${plural(stream.rows, 'row')} below came before that was found out; they are kept, not believed.`}
        The proof is kept on this node and goes to every peer that follows the stream.
      </p>
      <h3>What you can do</h3>
      <ul>
        <li>Wait: the stream goes on by itself as soon as its publisher begins a new epoch of it.</li>
        <li>
          Tell the publisher, if you know who that is: key
          <zazen-copy .desk=${this.desk} label="publisher key" text=${stream.publisher}></zazen-copy>. A restored backup or a
          second copy of the node is the usual cause.
        </li>
        <li>Let it go: unsubscribe above, or forget it at the end of this page.</li>
      </ul>
    </section>`
  }

  #ownFork(stream: StreamView) {
    return html`<section class="sheet" aria-labelledby="title" data-trouble="forked">
      <div role="alert"><h2 id="title">This node’s key signed two histories</h2></div>
      <p>
        Two different histories of this stream carry this node’s signature, so nobody believes either of them, and this node
        signs nothing more for it. That happens when a backup is restored, or when two copies of this node run at once.
      </p>
      <h3>What you can do</h3>
      <ul>
        <li>First close any other copy of this node: it would contradict this one again.</li>
        <li>Then begin a new epoch: the history that is here goes on, the other one is given up.</li>
      </ul>
      <div>${this.#begin({
        label: 'Begin a new epoch…',
        question: `Begin a new epoch of ${stream.name}?`,
        yes: 'Give up the other history',
        means: html`${onwards(stream.rows)} The other history, which carries this node’s signature too, is given up: who has it
          sets it aside.`,
      })}</div>
    </section>`
  }

  #lost(stream: StreamView, lost: LostRows) {
    const missing = lostWords(lost)
    return html`<section class="sheet" aria-labelledby="title" data-trouble="recover-first">
      <div role="alert"><h2 id="title">${lost.arriving ? 'Lost rows are coming back' : 'Rows of yours are missing here'}</h2></div>
      <p>
        ${lost.signed > lost.here
          ? html`This node has signed ${plural(lost.signed, 'row')} of this stream and has ${formatCount(lost.here)} of them.`
          : html`This node’s key has signed newer rows of this stream than are here.`}
        A crash or a restored backup may have lost ${missing}. ${lost.arriving
          ? 'A peer has them: they are fetched and checked now. Rows can be added again when they are here.'
          : 'They are looked for and fetched as soon as a peer has them. Until then no row can be added: it would contradict what was signed before.'}
      </p>
      ${lost.arriving
        ? nothing
        : html`<h3>What you can do</h3>
            <ul>
              <li>Wait, or ask those who follow the stream to open Zazen: what one of them has is not lost.</li>
              <li>If nobody has them any more, go on without them.</li>
            </ul>
            <div>${this.#begin({
              label: 'Go on without the lost rows…',
              question: `Go on without ${missing}?`,
              yes: `Give up ${missing}`,
              means: html`${onwards(stream.rows)} What is missing is given up for good: should it turn up later, it is set aside, here
                and by everyone who follows the stream.`,
            })}</div>`}
    </section>`
  }

  #problem(stream: StreamView, { code, message }: NonNullable<StreamView['problem']>) {
    const help = helpFor(stream)
    return html`<section class="sheet" data-trouble=${code}>
      <p class="bad" role="alert"><bdi dir="auto">${message}</bdi> <code>${code}</code></p>
      ${help === '' ? nothing : html`<p class="soft">${help}</p>`}
      ${isUnmended(stream)
        ? html`<div>${this.#begin({
            label: 'Go on without what is damaged…',
            question: `Go on without what is damaged of ${stream.name}?`,
            yes: 'Give up what is damaged',
            means: `The rows before the first that is damaged go on in a new epoch, signed again. All rows after it are given up for good,
              also those that are whole: so first wait for whoever follows the stream to open Zazen, and save what you need as CSV.`,
          })}</div>`
        : nothing}
    </section>`
  }

  #begin({ label, question, yes, means }: { label: string; question: string; yes: string; means: unknown }) {
    const { id } = this.stream
    return html`<zazen-confirm
      .desk=${this.desk}
      label=${label}
      question=${question}
      yes=${yes}
      no="Not now"
      what="Beginning a new epoch"
      .action=${() => this.desk.neuron.beginEpoch(id)}
      .done=${() => this.#begun()}
    ><p>${means}</p><p><strong>This is final: it cannot be undone.</strong></p></zazen-confirm>`
  }

  #begun(): void {
    this.desk.tell({ kind: 'done', text: 'A new epoch has begun. Rows can be added again.' })
    this.done()
  }
}

const onwards = (rows: number) =>
  rows === 0
    ? 'No row is left on this node: the stream begins anew with the next one you add.'
    : `The ${plural(rows, 'row')} on this node ${rows === 1 ? 'goes' : 'go'} on in a new epoch, signed again.`

customElements.define('zazen-stream-trouble', ZazenStreamTrouble)
