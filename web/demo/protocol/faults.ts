import { html, nothing, render, type TemplateResult } from 'lit'
import { control, controlJSON, why, type Fault } from './control.ts'
import { commonActions, disconnectReasons, errorTypes } from './vocabulary.ts'

/** One switch: what it makes of frames, and the one thing to choose about it. */
interface Kind {
  readonly id: string
  readonly effect: string
  readonly title: string
  readonly about: string
  /** A field of the fault that the person chooses; with options it is a list. */
  readonly choice?: { readonly field: 'delay' | 'corrupt' | 'error' | 'reason' | 'status' | 'code' | 'region'; readonly label: string; readonly options?: readonly string[] }
  readonly value?: string
  /** It happens to a connection before there are frames. */
  readonly dial?: true
  /** It would catch each new connection, too, so it acts once unless told otherwise. */
  readonly once?: true
}

const kinds: readonly Kind[] = [
  { id: 'drop', effect: 'drop', title: 'Drop', about: 'The frame vanishes.' },
  { id: 'delay', effect: 'delay', title: 'Delay', about: 'It takes longer, and those behind it wait.', choice: { field: 'delay', label: 'Delay by' }, value: '2s' },
  { id: 'duplicate', effect: 'duplicate', title: 'Duplicate', about: 'It comes twice.' },
  { id: 'reorder', effect: 'reorder', title: 'Reorder', about: 'The next one overtakes it.' },
  { id: 'corrupt', effect: 'corrupt', title: 'Corrupt', about: 'It arrives damaged.', choice: { field: 'corrupt', label: 'Damage', options: ['truncate', 'flip', 'garbage'] }, value: 'truncate' },
  { id: 'error', effect: 'error', title: 'Error', about: 'A request is refused and not carried out.', choice: { field: 'error', label: 'Error type', options: errorTypes }, value: 'internal' },
  { id: 'half-open', effect: 'half_open', title: 'Half-open', about: 'The connection goes silent, and nobody is told.', once: true },
  { id: 'disconnect', effect: 'disconnect', title: 'Disconnect', about: 'rtmd says why, and hangs up.', choice: { field: 'reason', label: 'Reason', options: disconnectReasons }, value: 'connection_timeout', once: true },
  { id: 'close', effect: 'close', title: 'Close', about: 'The socket closes without a word.', choice: { field: 'code', label: 'Close code' }, value: '1011', once: true },
  { id: 'region', effect: 'disconnect', title: 'Wrong region', about: 'The next dial is sent to another region.', choice: { field: 'region', label: 'Region' }, value: 'fra', dial: true, once: true },
  { id: 'refuse', effect: 'refuse', title: 'Refuse', about: 'A dial gets an HTTP status in place of a socket.', choice: { field: 'status', label: 'Status' }, value: '503', dial: true },
]

/** The ids of the rules that this page makes, so that another tab, and a reload, know them again. */
const mine = (kind: Kind) => `page-${kind.id}`

/** Which frames the next switch is for. */
const match = { api: '', direction: '', action: '', nth: '', count: '' }

/** Faults shows rtmd's fault rules as switches. */
export class Faults {
  readonly #place: HTMLElement
  readonly #chosen = new Map(kinds.map(kind => [kind.id, kind.value ?? '']))
  readonly #problems = new Map<string, string>()
  #rules: Fault[] = []
  #actions: Iterable<string> = []
  #usable = false
  #asking: Promise<void> | undefined
  #again = false

  constructor(place: HTMLElement) {
    this.#place = place
    this.#draw()
  }

  set usable(usable: boolean) {
    this.#usable = usable
    if (usable) void this.refresh()
    this.#draw()
  }

  set actions(actions: Iterable<string>) {
    this.#actions = actions
    this.#draw()
  }

  /** refresh asks for the rules and how often they acted; asked for meanwhile, it asks once more. */
  refresh(): Promise<void> {
    this.#again = true
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<void> {
    while (this.#again) {
      this.#again = false
      try {
        this.#rules = (await controlJSON<{ faults: Fault[] }>('GET', 'faults')).faults
        this.#draw()
      } catch { /* what can be said about it stands above the frames */ }
    }
  }

  async #do(about: string, work: () => Promise<unknown>): Promise<void> {
    this.#problems.delete(about)
    try {
      await work()
    } catch (cause) {
      this.#problems.set(about, why(cause))
    }
    await this.refresh()
    this.#draw()
  }

  #toggle(kind: Kind): Promise<void> {
    const on = this.#rules.some(rule => rule.id === mine(kind))
    return this.#do(kind.id, () => (on ? control('DELETE', `faults/${mine(kind)}`) : control('POST', 'faults', this.#fault(kind))))
  }

  #fault(kind: Kind): Fault {
    const fault: Fault = { id: mine(kind), effect: kind.effect }
    if (match.api) fault.api = match.api
    if (kind.dial) fault.direction = 'dial'
    else {
      if (match.direction) fault.direction = match.direction
      if (match.action) fault.action = match.action
    }
    if (match.nth) fault.nth = Number(match.nth)
    if (match.count) fault.count = Number(match.count)
    else if (kind.once && !match.nth) fault.count = 1
    const value = this.#chosen.get(kind.id) ?? ''
    const field = kind.choice?.field
    switch (field) {
      case 'region': return { ...fault, reason: 'misdirected_connection', data: { region: value } }
      case 'status': case 'code': return value ? { ...fault, [field]: Number(value) } : fault
      case undefined: return fault
      default: return { ...fault, [field]: value }
    }
  }

  #draw(): void {
    const own = new Set(kinds.map(mine))
    const others = this.#rules.filter(rule => !own.has(rule.id ?? ''))
    const field = (name: keyof typeof match) => (event: Event) => {
      match[name] = (event.target as HTMLInputElement).value.trim()
    }
    render(html`
      <fieldset class="match" ?disabled=${!this.#usable}>
        <legend>Which frames</legend>
        <label>Of <select id="fault-api" @change=${field('api')}><option value="">both APIs</option><option>customer</option><option>agent</option></select></label>
        <label>Direction <select id="fault-direction" @change=${field('direction')}>
          <option value="">as the rule needs</option><option>request</option><option>response</option><option>push</option></select></label>
        <label>Action <input id="fault-action" list="actions" placeholder="any" autocomplete="off" spellcheck="false" @input=${field('action')}></label>
        <label>Only match no. <input id="fault-nth" type="number" min="1" inputmode="numeric" placeholder="every" @input=${field('nth')}></label>
        <label>At most <input id="fault-count" type="number" min="1" inputmode="numeric" placeholder="always" @input=${field('count')}></label>
      </fieldset>
      <datalist id="actions">${[...new Set([...this.#actions, ...commonActions])].sort().map(action => html`<option value=${action}></option>`)}</datalist>
      <ul class="rules">${kinds.map(kind => this.#kind(kind))}</ul>
      ${others.length ? html`<h3>Rules from elsewhere</h3><ul class="rules">${others.map(rule => html`
        <li class="rule" data-on><span class="rule-name">${rule.effect}</span><span class="rule-about">${described(rule)}</span>${hits(rule)}
          <button class="small-button" type="button" aria-label=${`Remove rule ${rule.id ?? ''}`} @click=${() => this.#do('all', () => control('DELETE', `faults/${encodeURIComponent(rule.id ?? '')}`))}>Remove</button></li>`)}</ul>` : nothing}
      <p class="row"><button class="small-button" id="fault-clear" type="button" ?disabled=${!this.#usable || !this.#rules.length} @click=${() => this.#do('all', () => control('DELETE', 'faults'))}>Remove all rules</button>
        <span role="alert" class="problem">${this.#problems.get('all') ?? nothing}</span></p>`, this.#place)
  }

  #kind(kind: Kind): TemplateResult {
    const rule = this.#rules.find(rule => rule.id === mine(kind))
    const { choice } = kind
    const choose = (event: Event) => this.#chosen.set(kind.id, (event.target as HTMLInputElement).value)
    return html`
      <li class="rule" data-rule=${kind.id} ?data-on=${rule}>
        <button class="switch" type="button" role="switch" aria-checked=${rule ? 'true' : 'false'} aria-describedby=${`about-${kind.id}`} ?disabled=${!this.#usable} @click=${() => this.#toggle(kind)}>
          <span class="track" aria-hidden="true"></span><span class="rule-name">${kind.title}</span></button>
        ${choice ? html`<label class="choice"><span class="hidden-text">${choice.label}</span>${choice.options
          ? html`<select ?disabled=${!this.#usable || rule} @change=${choose}>${choice.options.map(option => html`<option ?selected=${option === kind.value}>${option}</option>`)}</select>`
          : html`<input size="5" ?disabled=${!this.#usable || rule} .value=${kind.value ?? ''} autocomplete="off" @input=${choose}>`}</label>` : nothing}
        <span class="rule-about" id=${`about-${kind.id}`}>${rule ? described(rule) : kind.about}</span>
        ${rule ? hits(rule) : nothing}
        <span role="alert" class="problem">${this.#problems.get(kind.id) ?? nothing}</span>
      </li>`
  }
}

/** described is a rule in the order in which one says it. */
function described(rule: Fault): string {
  const { api, user, direction, action, nth, every, count } = rule
  return [
    [api, direction, action].filter(Boolean).join(' ') || 'any frame',
    user && `of ${user}`,
    rule.delay, rule.corrupt, rule.error, rule.reason, rule.code && String(rule.code), rule.status && String(rule.status),
    nth && `only match ${nth}`, every && `every ${every}`, count && (count === 1 ? 'once' : `${count} times`),
  ].filter(Boolean).join(' · ')
}

function hits({ hits = 0, matches = 0, count, nth }: Fault): TemplateResult {
  const spent = (count && hits >= count) || (nth && hits > 0)
  return html`<output class="hits" data-hits=${hits}>${hits} hit${hits === 1 ? '' : 's'}${matches === hits ? nothing : ` of ${matches} matches`}${spent ? ', spent' : nothing}</output>`
}
