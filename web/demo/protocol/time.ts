import { html, nothing, render } from 'lit'
import { control, controlJSON, why, type Clock } from './control.ts'

const steps: ReadonlyArray<readonly [by: string, label: string]> = [['1m', '1 min'], ['10m', '10 min'], ['1h', '1 h'], ['9h', '9 h'], ['24h', '1 day']]

interface Snapshot {
  readonly name: string
  readonly text: string
}

/** TimeAndState shows rtmd's clock, moves it, and takes the organization back to where it was; then it calls `rewound`. */
export class TimeAndState {
  readonly #place: HTMLElement
  readonly #organization: string
  readonly #rewound: () => void
  #clock: Clock | undefined
  /** How far the server's clock was from this one when it was asked. */
  #ahead = 0
  #by = '30s'
  #usable = false
  #snapshots: Snapshot[] = []
  #note = ''
  #problem = ''
  #asked = false

  constructor(place: HTMLElement, organization: string, rewound: () => void) {
    this.#place = place
    this.#organization = organization
    this.#rewound = rewound
    setInterval(() => {
      if (this.#usable && document.visibilityState === 'visible') this.#draw()
    }, 1000)
    this.#draw()
  }

  set usable(usable: boolean) {
    this.#usable = usable
    if (usable) void this.#do(() => controlJSON<Clock>('GET', 'clock'))
    this.#draw()
  }

  /** Does something that answers with the clock. */
  async #do(work: () => Promise<Clock>): Promise<void> {
    this.#problem = this.#note = ''
    try {
      this.#clock = await work()
      this.#ahead = Date.parse(this.#clock.now) - Date.now()
    } catch (cause) {
      this.#problem = why(cause)
    }
    this.#draw()
  }

  /** Does something to the state, and looks at the clock again, which a reset winds back. */
  async #change(note: string, work: () => Promise<unknown>): Promise<void> {
    this.#asked = false
    await this.#do(async () => {
      await work()
      return controlJSON<Clock>('GET', 'clock')
    })
    if (!this.#problem) this.#note = note
    this.#draw()
  }

  async #rewind(note: string, work: () => Promise<unknown>): Promise<void> {
    await this.#change(note, work)
    if (!this.#problem) this.#rewound()
  }

  get #now(): Date {
    return new Date(this.#clock?.frozen ? this.#clock.now : Date.now() + this.#ahead)
  }

  #draw(): void {
    const off = !this.#usable
    const frozen = this.#clock?.frozen ?? false
    const now = this.#now
    render(html`
      <div class="clock" data-frozen=${frozen}>
        <time id="clock-now" datetime=${now.toISOString()}>${this.#clock ? html`<b>${now.toISOString().slice(11, 19)}</b> ${now.toISOString().slice(0, 10)} UTC` : '–'}</time>
        <button class="switch" id="clock-freeze" type="button" role="switch" aria-checked=${frozen ? 'true' : 'false'} ?disabled=${off}
          @click=${() => this.#do(() => controlJSON<Clock>('POST', frozen ? 'clock/resume' : 'clock/freeze'))}><span class="track" aria-hidden="true"></span><span class="rule-name">Frozen</span></button>
      </div>
      <div class="row" role="group" aria-label="Move the clock forward">
        ${steps.map(([by, label]) => html`<button class="small-button" type="button" data-by=${by} ?disabled=${off} @click=${() => this.#advance(by)}>+ ${label}</button>`)}
        <form class="row" @submit=${(event: Event) => { event.preventDefault(); void this.#advance(this.#by) }}>
          <label><span class="hidden-text">By</span><input id="clock-by" size="6" .value=${this.#by} ?disabled=${off} autocomplete="off" @input=${(event: Event) => (this.#by = (event.target as HTMLInputElement).value.trim())}></label>
          <button class="small-button" ?disabled=${off}>Advance</button></form>
      </div>
      <h3>State</h3>
      <div class="row">
        <button class="small-button" id="snapshot" type="button" ?disabled=${off} @click=${this.#snapshot}>Take a snapshot</button>
        ${this.#asked ? html`
          <button class="small-button danger" id="reset-sure" type="button" ?disabled=${off} @click=${() => this.#rewind('Everything is as at the first start.', () => control('POST', 'reset'))}>Forget all chats</button>
          <button class="small-button" type="button" @click=${() => { this.#asked = false; this.#draw() }}>Keep them</button>`
        : html`<button class="small-button" id="reset" type="button" ?disabled=${off} @click=${() => { this.#asked = true; this.#draw() }}>Reset…</button>`}
      </div>
      ${this.#snapshots.length ? html`<ul class="snapshots">${this.#snapshots.map(snapshot => html`
        <li><span>${snapshot.name}</span><button class="small-button" type="button" ?disabled=${off}
          @click=${() => this.#rewind(`Back at ${snapshot.name}.`, () => control('POST', 'restore', snapshot.text))}>Restore<span class="hidden-text"> ${snapshot.name}</span></button></li>`)}</ul>` : nothing}
      <p role="status" class="note">${this.#note || nothing}</p>
      <p role="alert" class="problem">${this.#problem || nothing}</p>`, this.#place)
  }

  #advance(by: string): Promise<void> {
    return this.#do(() => controlJSON<Clock>('POST', 'clock/advance', { by }))
  }

  readonly #snapshot = () => this.#change('Taken. It lives as long as this page.', async () => {
    const text = await control('GET', `snapshot?organization=${encodeURIComponent(this.#organization)}`)
    const name = `Snapshot of ${this.#now.toISOString().slice(11, 19)}, ${Math.ceil(text.length / 1024)} KB`
    this.#snapshots = [{ name, text }, ...this.#snapshots].slice(0, 5)
  })
}
