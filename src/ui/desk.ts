import type { Failure } from '../base/result.ts'
import type { NeuronCommands } from '../neuron/neuron-commands.ts'

/** What every component is handed: the node to command, the clock, and where news for the person goes. */
export interface Desk {
  readonly neuron: NeuronCommands
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly tell: (note: Note) => void
}

/** A text in the language of the moment in which it is asked for: what is still seen when another is chosen follows. */
export type Words = () => string

export type Note =
  | { readonly kind: 'done'; readonly text: Words }
  /** `what` is the thing that did not happen: "Subscribing". */
  | { readonly kind: 'failed'; readonly what: Words; readonly failure: Failure }
