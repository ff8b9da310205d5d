import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit'
import type { agent, AgentClient, ModelChat } from 'rtmwidget'
import { safeURL } from '../widget/linkify.ts'
import { link } from '../widget/piece.ts'
import { reason } from '../widget/reason.ts'
import type { ConsoleStrings } from './strings.ts'

/** Pushes after which what is shown may be another. */
const stale = [
  'thread_tagged', 'thread_untagged', 'incoming_customer', 'customer_updated', 'customer_page_updated', 'customer_left',
  'user_added_to_chat', 'user_removed_from_chat', 'chat_transferred', 'incoming_chat', 'chat_deactivated', 'routing_status_set',
]
/** Milliseconds within which such pushes count as one. */
const together = 150

export interface DetailsOptions {
  client(): AgentClient | undefined
  me(): string | undefined
  strings: ConsoleStrings
}

/** What is known of a chat beside its conversation. */
interface Known {
  readonly customer?: agent.CustomerUser | undefined
  readonly tags: readonly string[]
  readonly agents: readonly agent.AgentForTransfer[]
  /** The agent reads along, and only agents know. */
  readonly watching: boolean
}

const nothingKnown: Known = { tags: [], agents: [], watching: false }

/** Details asks for what the model does not hold of the chosen chat, and does what concerns the chat as a whole: tags, transfer, watching. */
export class Details implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #options: DetailsOptions
  #chat: ModelChat | undefined
  #client: AgentClient | undefined
  #end: (() => void) | undefined
  #known = nothingKnown
  #problem = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Counts what was asked, so that an answer about another chat is not taken. */
  #asked = 0

  constructor(host: ReactiveControllerHost, options: DetailsOptions) {
    this.#host = host
    this.#options = options
    host.addController(this)
  }

  hostDisconnected(): void {
    this.#listen(undefined)
  }

  /** follow says which chat is shown, and whether the connection is there to ask. */
  follow(chat: ModelChat | undefined, live: boolean): void {
    const client = live ? this.#options.client() : undefined
    const other = chat?.id !== this.#chat?.id || chat?.thread_id !== this.#chat?.thread_id
    if (chat?.id !== this.#chat?.id) {
      this.#known = nothingKnown
      this.#problem = ''
    }
    this.#chat = chat
    const fresh = client !== this.#client
    if (fresh) this.#listen(client)
    if (chat && client && (other || fresh)) void this.#ask()
  }

  #listen(client: AgentClient | undefined): void {
    this.#end?.()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#client = client
    this.#end = client?.onPush(action => {
      if (stale.includes(action) && this.#chat) this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        void this.#ask()
      }, together)
    })
  }

  async #ask(): Promise<void> {
    const chat = this.#chat
    const client = this.#client
    if (!chat || !client) return
    const asked = ++this.#asked
    const customerId = chat.users.find(user => user.type === 'customer')?.id
    // One that is refused leaves the others: what cannot be known is not shown.
    const [customer, whole, agents] = await Promise.all([
      customerId ? client.getCustomer(customerId).catch(() => undefined) : undefined,
      client.getChat({ chat_id: chat.id, ...(chat.thread_id && { thread_id: chat.thread_id }) }).catch(() => undefined),
      chat.active ? client.listAgentsForTransfer(chat.id).catch(() => []) : [],
    ])
    if (asked !== this.#asked) return
    const own = whole?.users.find(user => user.id === this.#options.me())
    const watching = own?.type === 'agent' && own.visibility === 'agents'
    this.#known = { customer, tags: whole?.thread?.tags ?? [], agents, watching }
    this.#host.requestUpdate()
  }

  /** Whether the agent takes part in the chat. */
  get present(): boolean {
    const me = this.#options.me()
    return this.#chat?.users.some(user => user.id === me && user.present) ?? false
  }

  /** Whether the agent reads along, and may write to agents alone. */
  get watching(): boolean {
    return this.present && this.#known.watching
  }

  /** place says what part the agent has in an active chat that is not theirs, and offers another. */
  place(): TemplateResult | typeof nothing {
    const chat = this.#chat
    const s = this.#options.strings
    const { watching } = this
    if (!chat?.active || (this.present && !watching)) return nothing
    const others = chat.users.filter(user => user.type === 'agent' && user.present && user.id !== this.#options.me()).map(user => user.name || s.agent)
    const off = !this.#client
    return html`
      <div class="banner" part="place">
        <span>${watching ? s.watching : chat.queue ? s.inQueue : others.length ? s.withOthers(others.join(', ')) : s.unassigned}</span>
        ${watching ? html`<button class="text-button" part="leave" type="button" ?disabled=${off} @click=${this.#leave}>${s.leave}</button>`
          : chat.queue ? nothing : html`<button class="text-button" part="watch" type="button" ?disabled=${off} @click=${this.#watch}>${s.watch}</button>`}
        <button class="text-button primary" part="take" type="button" ?disabled=${off} @click=${this.#take}>${s.take}</button>
      </div>`
  }

  #do(work: (client: AgentClient, chat: ModelChat) => Promise<unknown>): void {
    const chat = this.#chat
    if (!chat || !this.#client) return
    this.#problem = ''
    work(this.#client, chat).catch((cause: unknown) => {
      this.#problem = reason(cause)
    }).then(() => {
      void this.#ask()
      this.#host.requestUpdate()
    }, () => {})
  }

  /** take makes the chat the agent's own, out of the queue or from another agent. */
  readonly #take = () => {
    const me = this.#options.me()
    if (me) this.#transfer({ type: 'agent', ids: [me] })
  }

  /** watch lets the agent read along and write to agents alone. */
  readonly #watch = () => {
    const me = this.#options.me()
    if (me) this.#do((client, chat) => client.addUserToChat({ chat_id: chat.id, user_id: me, user_type: 'agent', visibility: 'agents', ignore_requester_presence: true }))
  }

  readonly #leave = () => {
    const me = this.#options.me()
    if (me) this.#do((client, chat) => client.removeUserFromChat({ chat_id: chat.id, user_id: me, user_type: 'agent', ignore_requester_presence: true }))
  }

  #transfer(target: agent.TransferTarget | undefined): void {
    this.#do((client, chat) => client.transferChat({ id: chat.id, ...(target && { target }), ignore_agents_availability: true, ignore_requester_presence: true }))
  }

  readonly #send = (event: SubmitEvent) => {
    event.preventDefault()
    const to = String(new FormData(event.target as HTMLFormElement).get('to') ?? '')
    this.#transfer(to ? { type: 'agent', ids: [to] } : undefined)
  }

  readonly #tag = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const tag = String(new FormData(form).get('tag') ?? '').trim()
    if (!tag) return
    form.reset()
    this.#do((client, chat) => client.tagThread({ chat_id: chat.id, thread_id: chat.thread_id, tag }))
  }

  view(): TemplateResult | typeof nothing {
    const chat = this.#chat
    if (!chat) return nothing
    const s = this.#options.strings
    const off = !this.#client
    const { customer, tags, agents } = this.#known
    const others = agents.filter(({ agent_id }) => agent_id !== this.#options.me())
    return html`
      <p class="problem" role="alert">${this.#problem || nothing}</p>
      <section aria-labelledby="about-customer"><h3 id="about-customer">${s.customer}</h3><dl>${this.#facts(customer)}</dl></section>
      <section aria-labelledby="tags"><h3 id="tags">${s.tags}</h3>
        ${tags.length ? html`<ul class="tags">${tags.map(tag => html`
          <li part="tag"><bdi>${tag}</bdi><button type="button" ?disabled=${off} aria-label=${s.removeTag(tag)}
            @click=${() => this.#do(client => client.untagThread({ chat_id: chat.id, thread_id: chat.thread_id, tag }))}>×</button></li>`)}</ul>` : nothing}
        <form class="line-form" @submit=${this.#tag}><input name="tag" aria-label=${s.newTag} placeholder=${s.newTag} autocomplete="off" maxlength="60" ?disabled=${off}>
          <button class="text-button" part="add-tag" ?disabled=${off}>${s.add}</button></form>
      </section>
      ${chat.active ? html`
        <section aria-labelledby="transfer"><h3 id="transfer">${s.transfer}</h3>
          <form class="line-form" @submit=${this.#send}>
            <select name="to" aria-label=${s.transferTo} ?disabled=${off}>
              <option value="">${s.anybody}</option>
              ${others.map(({ agent_id, total_active_chats }) => html`<option value=${agent_id}>${s.agentLoad(agent_id, total_active_chats)}</option>`)}
            </select>
            <button class="text-button" part="transfer" ?disabled=${off}>${s.transferDo}</button>
          </form>
        </section>` : nothing}`
  }

  #facts(customer: agent.CustomerUser | undefined): TemplateResult[] {
    const s = this.#options.strings
    if (!customer) return []
    const { email, phone_number, statistics, session_fields } = customer
    const visit = customer.visit ?? customer.last_visit
    const place = visit?.geolocation
    const pages = [...(visit?.last_pages ?? [])].reverse()
    const rows: Array<[string, unknown]> = [
      [s.email, email],
      [s.phone, phone_number],
      [s.page, pages[0] && page(pages[0])],
      [s.pagesBefore, pages.length > 1 ? html`<ol>${pages.slice(1, 4).map(one => html`<li>${page(one)}</li>`)}</ol>` : undefined],
      [s.cameFrom, visit?.referrer],
      [s.place, [place?.city, place?.country].filter(Boolean).join(', ')],
      [s.visits, statistics?.visits_count],
      [s.chatsSoFar, statistics?.chats_count],
      ...(session_fields ?? []).flatMap(field => Object.entries(field)),
      [s.address, visit?.ip],
      [s.browser, visit?.user_agent],
    ]
    return rows.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  }
}

function page({ url, title }: agent.LastPage): unknown {
  const href = safeURL(url)
  const text = title || url
  return href ? link(href, text) : text
}
