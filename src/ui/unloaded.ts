import { msg } from '@lit/localize'
import { html } from 'lit'

/** In place of a part of the window whose file could not be had: of a whole page, or of one that has its title. What a browser says of that names a file and no cure. */
export const unloaded = (reload: () => void, isWhole: boolean) => {
  const title = msg('A part of this page could not be loaded')
  return html`<section class="sheet stack" role="alert">
    ${isWhole ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}
    <p>${msg('Its file did not come: the network may be away, or the server has a newer version of Zazen by now. Your node goes on running, and what it keeps stays.')}</p>
    <div><button class="primary" @click=${reload}>${msg('Reload the page')}</button></div>
  </section>`
}
