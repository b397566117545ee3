import { msg, str } from '@lit/localize'
import { css, html } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import './confirm.ts'
import { shared } from './elements.ts'
import { plural } from './format.ts'
import { foreign } from './marks.ts'
import './save-history.ts'
import { SettingsPart } from './settings-part.ts'
import { keptStreams } from './verdict.ts'

/** Taking the data along, and the end of the node. Properties: `desk`, `snapshot`, `household`. */
export class ZazenSettingsEnd extends SettingsPart {
  static override styles = [
    shared,
    css`
      h2 + p {
        margin-top: 0.5rem;
      }
      ul {
        margin: 0.75rem 0 0;
        max-height: 20rem;
        overflow: auto;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1rem;
        align-items: center;
        padding: 0.375rem 0.25rem;
        border-top: 1px solid var(--line);
      }
      /* On a phone the buttons go below: beside them no name has room. */
      li > span {
        flex: 1 1 12rem;
        min-width: 0;
      }
      .part {
        border-top: 1px solid var(--line);
        padding-top: 0.75rem;
        margin-top: 0.75rem;
        display: grid;
        gap: 0.5rem;
        justify-items: start;
      }
    `,
  ]


  override render() {
    const streams = keptStreams(this.snapshot).filter(({ rows }) => rows > 0)
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('Your data')}</h2>
      ${streams.length === 0
        ? html`<p class="soft">${msg('There are no rows here yet.')}</p>`
        : html`<p class="soft small">${msg('Each history as a CSV of time and value, every value as it was written. It can be imported again anywhere.')}</p>
            <ul class="plain" tabindex="0" aria-label=${msg('Histories to export')}>${streams.map((stream) => this.#entry(stream))}</ul>`}
      <div class="part">
        <h3>${msg('Erase this node')}</h3>
        <p class="soft small">${msg('Its identity, all histories, its settings, and the app’s own files unless another node in this browser uses them.')}</p>
        <zazen-confirm .desk=${this.desk} label=${msg('Erase this node…')} question=${msg('Erase this node?')} yes=${msg('Erase everything')} no=${msg('Keep it')} .what=${() => msg('Erasing the node')}
          .action=${() => this.household.erase()}>
          <p>${this.#lossWords()}</p>
          <p><strong>${msg('This is final: it cannot be undone.')}</strong></p>
        </zazen-confirm>
      </div>
    </section>`
  }

  #entry(stream: StreamView) {
    return html`<li>
      <span><span class="clamp">${foreign(stream.name)}</span> <span class="soft small number">${plural(stream.rows, 'row')}</span></span>
      <zazen-save-history .desk=${this.desk} .stream=${stream}></zazen-save-history>
    </li>`
  }

  #lossWords(): string {
    const own = this.snapshot.streams.filter((stream) => stream.own)
    const streams = own.length === 0 ? msg('It publishes nothing.') : msg(str`It publishes ${plural(own.length, 'stream')}. What nobody else holds is gone with it.`)
    return `${streams} ${this.household.isBackedUp ? msg('Its key can be restored from the backup that was made of it.') : msg('No backup of its key was made here: nobody will ever be this node again.')}`
  }
}

customElements.define('zazen-settings-end', ZazenSettingsEnd)
