import { msg } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { StreamView } from '../neuron/snapshot.ts'
import { base } from './elements.ts'
import { skillShort } from './format.ts'
import { foreign } from './marks.ts'
import { hrefOf } from './router.ts'
import { storageWords, type StorageState } from './storage-state.ts'

/** How well it predicts, what it may keep and whether it may stay awake. Properties: `streams` kept, `storage`. */
export class ZazenHomeFacts extends LitElement {
  static override properties = { streams: { attribute: false }, storage: { attribute: false } }
  static override styles = [
    base,
    css`
      dl {
        margin: 0;
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
        gap: 0.75rem 2rem;
        font-size: 0.875rem;
      }
      dt {
        color: var(--soft);
        font-size: var(--small);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare streams: readonly StreamView[]
  declare storage: StorageState | null

  override render() {
    const { best, worst } = extremesOf(this.streams)
    return html`<dl aria-label=${msg('This node')}>
      ${best === null ? nothing : html`<div><dt>${msg('Predicted best')}</dt><dd>${skillOf(best)}</dd></div>`}
      ${worst === null || worst === best ? nothing : html`<div><dt>${msg('Predicted worst')}</dt><dd>${skillOf(worst)}</dd></div>`}
      ${this.storage === null ? nothing : html`<div><dt>${msg('Storage')}</dt><dd>${storageWords(this.storage)}</dd></div>`}
      <div><dt>${msg('Staying alive')}</dt><dd>${aliveWords()} <a href=${hrefOf({ page: 'settings' })}>${msg('Settings')}</a></dd></div>
    </dl>`
  }
}

/** Streams by their error against guessing “no change”; those without a score stand nowhere. */
const extremesOf = (streams: readonly StreamView[]): { readonly best: StreamView | null; readonly worst: StreamView | null } => {
  let best: StreamView | null = null
  let worst: StreamView | null = null
  for (const stream of streams) {
    const error = errorOf(stream)
    if (error === null || stream.forked) continue
    if (best === null || error < (errorOf(best) ?? error)) best = stream
    if (worst === null || error > (errorOf(worst) ?? error)) worst = stream
  }
  return { best, worst }
}

const errorOf = ({ account }: StreamView): number | null => account?.relMae ?? null

const skillOf = (stream: StreamView) =>
  html`<a href=${hrefOf({ page: 'stream', id: stream.id })}>${foreign(stream.name)}</a>, ${skillShort(errorOf(stream))}`

const aliveWords = (): string => {
  if (matchMedia('(display-mode: standalone)').matches) return msg('Installed as an app: the browser leaves it running.')
  if ('Notification' in globalThis && Notification.permission === 'granted') return msg('It may send notifications: the browser leaves it running.')
  return msg('A tab among others: hidden for hours, the browser may put it to sleep.')
}

customElements.define('zazen-home-facts', ZazenHomeFacts)
