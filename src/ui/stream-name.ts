import { msg, str } from '@lit/localize'
import type { StreamView } from '../neuron/snapshot.ts'

/** What a stream is called in the language of the window. */
export const nameWords = ({ name, follows }: Pick<StreamView, 'name' | 'follows'>): string =>
  follows === null ? name : msg(str`Predictions of ${follows.name}`)
