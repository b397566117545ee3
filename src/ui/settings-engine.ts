import { msg, str } from '@lit/localize'
import { css, html, nothing } from 'lit'
import { shared } from './elements.ts'
import { SettingsPart } from './settings-part.ts'

/** How hard the engine works: intensity, battery, pause. Properties: `desk`, `snapshot`. */
export class ZazenSettingsEngine extends SettingsPart {
  static override properties = { moved: { state: true } }
  static override styles = [
    shared,
    css`
      .fields {
        display: grid;
        gap: 1rem;
        margin-top: 0.75rem;
        max-width: 34rem;
      }
      input[type='range'] {
        width: 100%;
        height: 1.5rem;
        padding: 0;
        accent-color: var(--accent);
      }
      strong {
        font-weight: 500;
        color: var(--ink);
      }
    `,
  ]

  /** Where the slider is while it is being moved; null: where the node is. */
  declare moved: number | null

  constructor() {
    super()
    this.moved = null
  }

  override render() {
    const { engine, paused } = this.snapshot
    const shown = this.moved ?? engine.intensity
    return html`<section class="sheet" aria-labelledby="title">
      <h2 id="title">${msg('How hard it works')}</h2>
      <div class="fields">
        <label>
          <span>${msg(html`Learning and predicting may take <strong>${shown} % of one processor core</strong>`)}</span>
          <input type="range" min="5" max="100" step="5" .value=${String(shown)}
            @input=${(event: Event) => (this.moved = valueOf(event))} @change=${(event: Event) => void this.#keep(valueOf(event))} />
        </label>
        <p class="soft small">${msg(str`It takes ${engine.used} % now.`)} ${msg('Less is quieter; a long history then takes longer to learn. Nothing is left out.')}</p>
        <label class="check"><input type="checkbox" .checked=${engine.sparesBattery} @change=${(event: Event) => void this.#spare(event)} />
          <span>${msg('Spare the battery: at most a tenth of a core while this machine runs on it')}</span></label>
        ${engine.onBattery === null ? html`<p class="soft small">${msg('This browser does not tell when the machine runs on its battery.')}</p>` : nothing}
        ${engine.onBattery === true && engine.sparesBattery ? html`<p class="soft small" role="status">${msg('It runs on its battery now, so the engine takes it slowly.')}</p>` : nothing}
        <div class="row">
          ${this.work.button({
            key: 'pause',
            label: paused ? msg('Resume learning') : msg('Pause learning'),
            what: () => (paused ? msg('Resuming') : msg('Pausing')),
            action: () => this.desk.neuron.setPaused(null, !paused),
          })}
          <span class="soft small">${paused ? msg('Paused: rows still arrive and are checked, nothing is learnt or predicted.') : msg('Rows still arrive and are checked while it is paused.')}</span>
        </div>
      </div>
    </section>`
  }

  async #keep(intensity: number): Promise<void> {
    this.moved = intensity
    await this.work.run('intensity', () => msg('Setting the intensity'), () => this.desk.neuron.setEngine({ intensity }))
    this.moved = null
  }

  async #spare(event: Event): Promise<void> {
    if (!(event.target instanceof HTMLInputElement)) return
    const sparesBattery = event.target.checked
    await this.work.run('battery', () => msg('Setting the battery saver'), () => this.desk.neuron.setEngine({ sparesBattery }))
  }
}

const valueOf = (event: Event): number => (event.target instanceof HTMLInputElement ? event.target.valueAsNumber : 0)

customElements.define('zazen-settings-engine', ZazenSettingsEngine)
