import { msg } from '@lit/localize'
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { failureOf } from '../base/result.ts'
import type { Desk } from './desk.ts'

/**
 * Loads again when what is shown has changed, told by a key, never twice at once and at most once in `everyMs`.
 * Snapshots come five times a second; a history is read only when its key moves.
 */
export class Refresh implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly desk: Desk }
  readonly #everyMs: number
  readonly #load: () => Promise<void>
  #wanted: string | null = null
  #have: string | null = null
  #loading = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #failed = false
  #hurried = false

  constructor(host: ReactiveControllerHost & { readonly desk: Desk }, everyMs: number, load: () => Promise<void>) {
    this.#host = host
    this.#everyMs = everyMs
    this.#load = load
    host.addController(this)
  }

  hostDisconnected(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#wanted = null
    this.#have = null
  }

  /** The person asked for another view: the next load does not wait. */
  hurry(): void {
    this.#hurried = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  want(key: string): void {
    this.#wanted = key
    if (key !== this.#have && !this.#loading && this.#timer === null) void this.#run(key)
  }

  async #run(key: string): Promise<void> {
    this.#loading = true
    this.#hurried = false
    this.#have = key
    try {
      await this.#load()
      this.#failed = false
    } catch (thrown) {
      this.#have = null
      this.#tell(thrown)
    }
    this.#loading = false
    if (this.#wanted !== null) this.#rest()
  }

  /** A page that keeps failing says so once, not once a second. */
  #tell(thrown: unknown): void {
    if (!this.#failed) this.#host.desk.tell({ kind: 'failed', what: () => msg('Reading the history'), failure: failureOf(thrown) })
    this.#failed = true
  }

  #rest(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      const wanted = this.#wanted
      if (wanted !== null && wanted !== this.#have) void this.#run(wanted)
    }, this.#hurried ? 0 : this.#everyMs)
  }
}
