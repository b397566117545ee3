interface Icon {
  readonly src: string
  readonly sizes: string
  readonly type: string
}

interface Words {
  readonly description: string
  readonly publishStream: string
  readonly publish: string
  readonly peers: string
  readonly log: string
}

/** What an installer shows of the app, in each language of the window. */
export const MANIFEST_WORDS: Readonly<Record<'en' | 'de' | 'es', Words>> = {
  en: { description: 'A prediction node that is a browser tab.', publishStream: 'Publish a stream', publish: 'Publish', peers: 'Peers', log: 'Log' },
  de: { description: 'Ein Vorhersageknoten, der ein Browser-Tab ist.', publishStream: 'Einen Stream veröffentlichen', publish: 'Veröffentlichen', peers: 'Peers', log: 'Protokoll' },
  es: { description: 'Un nodo de predicción que es una pestaña del navegador.', publishStream: 'Publicar una serie', publish: 'Publicar', peers: 'Pares', log: 'Registro' },
}

/**
 * The words of the manifest: one file and one id for all languages, of which the system takes its own (`*_localized`, read by Chromium
 * since 148; whoever does not know it reads English).
 */
export const manifestWords = (icons: Icon[]) => {
  const shortcuts = ({ publishStream, publish, peers, log }: Words) => [
    { name: publishStream, short_name: publish, url: '/#/publish', icons },
    { name: peers, url: '/#/peers', icons },
    { name: log, url: '/#/log', icons },
  ]
  const { en, ...others } = MANIFEST_WORDS
  const inEach = <T>(of: (words: Words) => T): Record<string, T> => Object.fromEntries(Object.entries(others).map(([language, words]) => [language, of(words)]))
  return {
    lang: 'en',
    description: en.description,
    description_localized: inEach(({ description }) => description),
    shortcuts: shortcuts(en),
    shortcuts_localized: inEach(shortcuts),
  }
}
