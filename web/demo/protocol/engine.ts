import { html, nothing, render, type TemplateResult } from 'lit'
import type { AgentClient, ConnectionState, CustomerClient, ModelItem, ModelState } from 'rtmwidget'
import type { Entry } from './control.ts'
import { make, tree } from './dom.ts'

const states: readonly ConnectionState[] = ['idle', 'connecting', 'authorizing', 'syncing', 'live', 'waiting', 'stopped']

type AnyClient = CustomerClient | AgentClient

/** How many reports are kept. */
const most = 5

/** Engine shows one client of the SDK: where its connection is, what is under way, and what its model holds. */
export class Engine {
  readonly #place: HTMLElement
  readonly #title: string
  readonly #api: Entry['api']
  readonly #find: () => AnyClient | undefined
  #client: AnyClient | undefined
  #ends: Array<() => void> = []
  #reports: string[] = []
  /** Requests that rtmd has seen and not answered, by connection and id. */
  readonly #open = new Map<string, string>()
  #drawn = 0

  constructor(place: HTMLElement, title: string, api: Entry['api'], find: () => AnyClient | undefined) {
    this.#place = place
    this.#title = title
    this.#api = api
    this.#find = find
    this.#draw()
  }

  /** see takes frames, which tell what is under way on the wire, and looks whether the element has another client. */
  see(entries: readonly Entry[]): void {
    for (const { api, kind, connection = '', action = '', frame } of entries) {
      if (api !== this.#api) continue
      const key = `${connection} ${(frame as { request_id?: string } | undefined)?.request_id ?? ''}`
      if (kind === 'request') this.#open.set(key, action)
      else if (kind === 'response') this.#open.delete(key)
      else if (kind === 'closed') for (const known of [...this.#open.keys()]) if (known.startsWith(`${connection} `)) this.#open.delete(known)
    }
    const client = this.#find()
    if (client !== this.#client) {
      for (const end of this.#ends) end()
      this.#client = client
      this.#reports = []
      this.#ends = client ? [
        client.model.subscribe(() => this.#later()),
        client.onState(() => this.#later()),
        client.onReport(text => {
          this.#reports = [...this.#reports, text].slice(-most)
          this.#later()
        }),
      ] : []
    }
    this.#later()
  }

  #later(): void {
    this.#drawn ||= requestAnimationFrame(() => {
      this.#drawn = 0
      this.#draw()
    })
  }

  #draw(): void {
    const client = this.#client
    const model = client?.model.getSnapshot()
    const state = client?.state ?? 'idle'
    const waiting = model ? model.chats.flatMap(chat => chat.timeline.filter(item => item.state !== 'sent')) : []
    render(html`
      <h3>${this.#title}</h3>
      <ol class="states" aria-label="Connection">${states.map(one => html`<li aria-current=${one === state ? 'step' : nothing} data-state=${one}>${one}</li>`)}</ol>
      <dl class="facts">
        ${fact('Connection', model ? [model.connection.stale && 'stale', model.connection.unstable && 'unstable', model.connection.reason, model.connection.retry_at && `again at ${model.connection.retry_at.slice(11, 19)}`].filter(Boolean).join(', ') || 'nothing to report' : 'not loaded yet')}
        ${fact('Logged in as', model?.me ? `${model.me.name || 'no name'} (${model.me.id})` : 'nobody')}
        ${fact('Calls not settled', list(client?.pending ?? []), 'pending')}
        ${fact('On the wire, unanswered', list([...this.#open.values()]), 'unanswered')}
        ${fact('Outbox', list(waiting.map(shown)), 'outbox')}
        ${model ? fact('Chats', model.chats.length ? html`<ul>${model.chats.map(chat => html`<li>${chat.id || 'not named yet'}: ${[
            chat.active ? 'active' : 'closed', chat.queue && `place ${chat.queue.position} in the queue`, `${chat.timeline.length} events`, chat.unread && `${chat.unread} unread`,
            chat.users.filter(user => user.typing).map(user => `${user.name || user.type} is typing`).join(', '), chat.error && `${chat.error.act}: ${chat.error.type}`,
          ].filter(Boolean).join(', ')}</li>`)}</ul>` : 'none', 'chats') : nothing}
        ${this.#reports.length ? fact('Ignored', list(this.#reports), 'reports') : nothing}
      </dl>
      ${model ? html`<details class="snapshot-tree" @toggle=${(event: Event) => this.#unfold(event.target as HTMLDetailsElement, model)}><summary>The whole snapshot</summary></details>` : nothing}`, this.#place)
  }

  /** What is unfolded stays as it was then; folded and unfolded again it is new. */
  #unfold(details: HTMLDetailsElement, model: ModelState): void {
    if (!details.matches('.snapshot-tree')) return
    details.querySelector('.json')?.remove()
    if (details.open) details.append(make('div', 'json', tree(model)))
  }
}

const fact = (name: string, value: unknown, id = ''): TemplateResult => html`<div data-fact=${id || nothing}><dt>${name}</dt><dd>${value}</dd></div>`

const list = (items: readonly string[]): unknown => (items.length ? html`<ul>${items.map(item => html`<li>${item}</li>`)}</ul>` : 'none')

function shown({ state, event, error, upload }: ModelItem): string {
  const text = 'text' in event && typeof event.text === 'string' ? `“${event.text.slice(0, 60)}”` : event.type
  return [text, state, error?.type, upload && `${upload.sent} of ${upload.size} bytes`].filter(Boolean).join(', ')
}
