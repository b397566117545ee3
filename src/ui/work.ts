import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit'
import { err, failureOf, ok, type Result } from '../base/result.ts'
import type { Desk, Words } from './desk.ts'

export interface WorkButton {
  /** Unique within the component: one key never runs twice at once. */
  readonly key: string
  readonly label: string
  /** What is said when it fails: "Subscribing". */
  readonly what: Words
  readonly action: () => Promise<unknown>
  readonly look?: 'primary' | 'quiet' | ''
  /** Name for readers where the label alone is ambiguous: "Subscribe to X". */
  readonly name?: string
}

/**
 * Commands under way in one component. A button that waits says so (`aria-busy`) and keeps its focus, so it is not
 * disabled but deaf; a failure is always told.
 */
export class Work implements ReactiveController {
  readonly #host: ReactiveControllerHost & { readonly desk: Desk }
  readonly #running = new Set<string>()

  constructor(host: ReactiveControllerHost & { readonly desk: Desk }) {
    this.#host = host
    host.addController(this)
  }

  hostConnected(): void {
    this.#host.requestUpdate()
  }

  busy(key: string): boolean {
    return this.#running.has(key)
  }

  /** Runs the command unless the same one still runs; null then. */
  async run<T>(key: string, what: Words, action: () => Promise<T>): Promise<Result<T> | null> {
    if (this.#running.has(key)) return null
    this.#running.add(key)
    this.#host.requestUpdate()
    try {
      return ok(await action())
    } catch (thrown) {
      const failure = failureOf(thrown)
      this.#host.desk.tell({ kind: 'failed', what, failure })
      return err(failure)
    } finally {
      this.#running.delete(key)
      this.#host.requestUpdate()
    }
  }

  button({ key, label, what, action, look = '', name }: WorkButton): TemplateResult {
    const busy = this.busy(key)
    return html`<button
      type="button"
      class=${look}
      aria-busy=${busy}
      aria-disabled=${busy}
      aria-label=${name ?? label}
      @click=${() => void this.run(key, what, action)}
    >${label}</button>`
  }
}
