import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { load, emptyState, type AgentActs, type AgentClient, type ModelChat, type ModelState } from 'rtmwidget'
import { composeStyles } from '../widget/compose-styles.ts'
import { composer, fit } from '../widget/composer.ts'
import { EmojiPicker } from '../widget/emoji.ts'
import { KeepFocus } from '../widget/focus.ts'
import { formatWait } from '../widget/format.ts'
import { backIcon, infoIcon } from '../widget/icons.ts'
import { persist } from '../widget/login.ts'
import { reason } from '../widget/reason.ts'
import { Redraw } from '../widget/redraw.ts'
import { StickToEnd } from '../widget/scroll.ts'
import { composerStyles, theme, timelineStyles } from '../widget/styles.ts'
import { avatar, Timeline, userName } from '../widget/timeline.ts'
import { unsent } from '../widget/unsent.ts'
import { chatList, customerOf, statusOf } from './chat-list.ts'
import { consoleStyles } from './console-styles.ts'
import { detailsStyles } from './details-styles.ts'
import { Details } from './details.ts'
import { strings } from './strings.ts'

/** From this width on the details have a column of their own; see details-styles.ts. */
const wide = 1080

/** How often "is typing" is said again while somebody types; the other side forgets it after 6 s. */
const typingEvery = 3000

/**
 * RTMConsoleElement is an agent's place of work: the chats, one conversation, and whether new chats are taken.
 *
 *     <rtm-console token="dal:…" server="https://chat.example.com"></rtm-console>
 *
 * It fills its box, which needs a height; below 720 px of width list and conversation are two steps.
 *
 * @csspart bar, connection, routing, list, chat-item, unread, conversation, timeline, message, bubble, typing, composer, send, retry, discard, details, details-toggle, tag, add-tag, transfer, place, take, watch, leave, close-chat, reopen, back, error
 */
export class RTMConsoleElement extends LitElement {
  static override properties = {
    server: {},
    token: {},
    organizationId: { attribute: 'organization-id' },
  }
  static override styles = [theme, timelineStyles, composerStyles, composeStyles, consoleStyles, detailsStyles]

  /** The server's base address. Default: where the page came from. */
  declare server: string | undefined
  /** The agent's access token. */
  declare token: string
  declare organizationId: string

  readonly #strings = strings
  readonly #stick = new StickToEnd(this, () => this.renderRoot?.querySelector<HTMLElement>('.timeline'), {
    rows: at => at.querySelectorAll<HTMLElement>('[data-key]'),
    start: () => {},
    end: () => this.requestUpdate(),
  })
  readonly #rows = new Timeline(this, () => this.renderRoot?.querySelector<HTMLElement>('.timeline'), this.#stick)
  readonly #drafts = new Map<string, string>()
  readonly #field = new Redraw()
  readonly #emoji = new EmojiPicker(this, selector => this.renderRoot.querySelector(selector))
  #client: AgentClient | undefined
  #state: ModelState = emptyState
  #selected: string | undefined
  readonly #details = new Details(this, { client: () => this.#client, me: () => this.#state.me?.id, strings })
  /** Whether the details are shown; until somebody says, when there is room. */
  #showDetails: boolean | undefined
  readonly #resized = new ResizeObserver(([entry]) => {
    const room = (entry?.contentRect.width ?? 0) >= wide
    if (room === this.#room) return
    this.#room = room
    this.requestUpdate()
  })
  #room = false
  #accepting: boolean | undefined
  #error = ''
  /** Why the draft was not taken. */
  #notice = ''
  /** The login failed; nothing more happens by itself. */
  #refused = false
  /** The connection broke, or never was, and is tried again. */
  #lost = false
  #typedAt = 0
  #seenMark = ''
  #life: AbortController | undefined
  #session: AbortController | undefined

  constructor() {
    super()
    new KeepFocus(this, () => this.#typingPlace)
    this.token = ''
    this.organizationId = ''
  }

  /** The connection, while there is one: for what the element has no name for. It belongs to the element, which closes it. */
  get client(): AgentClient | undefined {
    return this.#client
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.requestUpdate() // out of the page a scroller is at its start
    if (this.#life) return // moved, not removed
    this.#life = new AbortController()
    document.addEventListener('visibilitychange', () => this.#markSeen(), { signal: this.#life.signal })
    this.#resized.observe(this)
    if (this.hasUpdated) void this.#connect()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#life?.abort()
      this.#life = undefined
      this.#resized.disconnect()
      this.#keepUnsent()
      this.#disconnect()
    })
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#details.follow(this.#chat, this.#state.connection.state === 'live')
    if (!changed.has('server') && !changed.has('token') && !changed.has('organizationId')) return
    // What was written as one agent is not another's.
    this.#selected = undefined
    this.#drafts.clear()
    this.#notice = ''
    this.#disconnect()
    void this.#connect()
  }

  protected override updated(): void {
    this.#markSeen()
  }

  async #connect(): Promise<void> {
    if (this.#session || !this.token || !this.isConnected) return
    const session = new AbortController()
    this.#session = session
    this.#error = ''
    this.#refused = false
    try {
      const client = load().agent({
        token: this.token,
        ...(this.server ? { server: this.server } : {}),
        ...(this.organizationId ? { organizationId: this.organizationId } : {}),
      })
      this.#client = client
      const ends = [
        client.model.subscribe(state => this.#show(state)),
        client.on('routing_status_set', push => {
          if (push.agent_id === this.#state.me?.id) this.#setAccepting(push.status)
        }),
      ]
      session.signal.addEventListener('abort', () => {
        for (const end of ends) end()
        void client.close()
      })
      this.#show(client.model.state)
      const { my_profile: me } = await persist(
        () => client.login({ timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }), session.signal)
      if (session.signal.aborted) return
      this.#setAccepting(me.routing_status)
      if (this.#chat) this.#act('open', { chat_id: this.#chat.id }) // it was chosen before this connection
    } catch (cause) {
      if (session.signal.aborted) return
      this.#refused = true
      this.#fail(cause)
    }
  }

  #disconnect(): void {
    this.#session?.abort()
    this.#session = undefined
    this.#client = undefined
    this.#state = emptyState
    this.#accepting = undefined
    this.#error = ''
    this.#refused = false
    this.#lost = false
    this.#typedAt = 0
    this.#seenMark = ''
    this.requestUpdate()
  }

  /** keepUnsent puts what would go away with this connection back in front of the agent. */
  #keepUnsent(): void {
    for (const chat of this.#state.chats) {
      const text = unsent([chat])
      if (text) this.#drafts.set(chat.id, [text, this.#drafts.get(chat.id)].filter(Boolean).join('\n'))
    }
  }

  #reconnect(): void {
    this.#keepUnsent()
    this.#disconnect()
    void this.#connect()
  }

  #show(state: ModelState): void {
    const before = this.#state.connection.state
    this.#state = state
    const live = state.connection.state === 'live'
    if (live || state.connection.state === 'stopped') this.#lost = false
    else if (state.connection.state === 'waiting') this.#lost = true
    if (live) this.#refused = false
    if (live && before !== 'live') {
      this.#seenMark = ''
      if (this.#accepting !== undefined) this.#askAccepting()
    }
    this.requestUpdate()
  }

  #fail(cause: unknown): void {
    this.#error = reason(cause)
    this.requestUpdate()
  }

  #act<K extends keyof AgentActs & string>(name: K, args: AgentActs[K]): void {
    this.#client?.model.act(name, args).catch((cause: unknown) => this.#fail(cause))
  }

  get #chat(): ModelChat | undefined {
    return this.#state.chats.find(chat => chat.id === this.#selected)
  }

  #select(chatId: string): void {
    this.#stopTyping()
    this.#selected = chatId
    this.#notice = ''
    this.#stick.jump()
    this.#act('open', { chat_id: chatId })
    this.requestUpdate()
    void this.updateComplete.then(() => this.#typingPlace?.focus({ preventScroll: true }))
  }

  /** Where the keyboard goes in a conversation: the text field, or what brings it back. */
  get #typingPlace(): HTMLElement | null {
    return this.renderRoot.querySelector('.composer textarea, .reopen')
  }

  #leave(): void {
    const chatId = this.#selected
    this.#stopTyping()
    this.#selected = undefined
    this.requestUpdate()
    void this.updateComplete.then(() => {
      const items = this.renderRoot.querySelectorAll<HTMLElement>('.chat-item')
      for (const item of items) if (item.dataset.chatId === chatId) item.focus()
    })
  }

  #markSeen(): void {
    const chat = this.#chat
    if (!chat?.unread || document.visibilityState !== 'visible') return
    // Once for each newest event: the count stays until the server has answered.
    const mark = `${chat.id} ${chat.timeline.at(-1)?.key ?? ''}`
    if (mark === this.#seenMark) return
    this.#seenMark = mark
    this.#act('seen', { chat_id: chat.id })
  }

  #type(chat: ModelChat, text: string): void {
    this.#drafts.set(chat.id, text)
    this.#field.now()
    if (!text.trim()) return this.#stopTyping()
    const now = performance.now()
    if (this.#typedAt && now - this.#typedAt < typingEvery) return
    this.#typedAt = now
    this.#act('typing', { chat_id: chat.id, is_typing: true })
  }

  #stopTyping(): void {
    if (this.#typedAt && this.#selected) this.#act('typing', { chat_id: this.#selected, is_typing: false })
    this.#typedAt = 0
  }

  #send(chat: ModelChat): void {
    const text = (this.#drafts.get(chat.id) ?? '').trim()
    if (!text) return
    const { watching } = this.#details
    const sent = watching
      ? this.#client?.sendEvent({ chat_id: chat.id, event: { type: 'message', text, visibility: 'agents' } })
      : this.#client?.model.act('send', { chat_id: chat.id, text })
    sent?.catch((cause: unknown) => {
      this.#notice = reason(cause)
      if (!this.#drafts.get(chat.id)) this.#drafts.set(chat.id, text)
      this.requestUpdate()
    })
    this.#notice = ''
    this.#drafts.delete(chat.id)
    this.#typedAt = 0 // a message ends typing by itself
    this.#stick.jump()
    this.requestUpdate()
    void this.updateComplete.then(() => fit(this.renderRoot.querySelector('textarea')))
  }

  #reopen(chat: ModelChat): void {
    this.#client?.resumeChat({ chat: { id: chat.id } }).catch((cause: unknown) => this.#fail(cause))
  }

  #setAccepting(status: string | undefined): void {
    this.#accepting = status === 'accepting_chats'
    this.requestUpdate()
  }

  /** askAccepting finds out what changed while the connection was lost. */
  #askAccepting(): void {
    this.#client?.listRoutingStatuses().then(
      statuses => {
        const own = statuses.find(status => status.agent_id === this.#state.me?.id)
        if (own) this.#setAccepting(own.status)
      },
      () => {}, // lost again: the next time it is live it is asked again
    )
  }

  #toggleRouting(): void {
    const before = this.#accepting
    const status = before ? 'not_accepting_chats' : 'accepting_chats'
    this.#setAccepting(status)
    this.#client?.setRoutingStatus({ status }).catch((cause: unknown) => {
      this.#accepting = before
      this.#fail(cause)
    })
  }

  protected override render(): TemplateResult {
    const chat = this.#chat
    return html`
      <div class="console" data-step=${chat ? 'conversation' : 'list'}>
        ${this.#bar()}
        <div role="status" class="notices">${this.#notices()}</div>
        <nav class="list" part="list" aria-label=${this.#strings.chats}>
          ${chatList(this.#state.chats, {
            me: this.#state.me?.id,
            selected: this.#selected,
            strings: this.#strings,
            now: new Date(),
            select: chatId => this.#select(chatId),
          })}
        </nav>
        <section class="conversation" part="conversation" aria-label=${chat ? userName(customerOf(chat), this.#strings) : this.#strings.messages}>
          ${chat ? this.#conversation(chat) : html`
            <div class="empty"><strong>${this.#strings.noSelection}</strong><span>${this.#strings.noSelectionText}</span></div>`}
        </section>
        ${chat && this.#detailsShown ? html`<aside class="details" part="details" id="details" aria-label=${this.#strings.details}>${this.#details.view()}</aside>` : nothing}
      </div>`
  }

  get #detailsShown(): boolean {
    return this.#showDetails ?? this.#room
  }

  readonly #toggleDetails = () => {
    this.#showDetails = !this.#detailsShown
    this.requestUpdate()
  }

  #bar(): TemplateResult {
    const s = this.#strings
    const { me } = this.#state
    const state = this.#connectionState
    return html`
      <header class="bar" part="bar">
        ${me ? avatar({ ...me, present: true, typing: false }, s) : nothing}
        <div class="who">
          <h2><bdi>${me?.name || s.agent}</bdi></h2>
          <p class="connection" part="connection" data-state=${state}>${s.connection[state]}</p>
        </div>
        <button class="switch" part="routing" type="button" role="switch" aria-checked=${this.#accepting === true}
          ?disabled=${this.#accepting === undefined || state !== 'live'} @click=${this.#toggleRouting}>
          <span class="switch-text">${s.routing}</span><span class="track" aria-hidden="true"></span>
        </button>
      </header>`
  }

  get #connectionState(): keyof typeof strings.connection {
    const { state } = this.#state.connection
    if (this.#refused && state !== 'live') return 'stopped'
    return state === 'idle' && this.#session ? 'connecting' : state
  }

  #notices() {
    const s = this.#strings
    const state = this.#connectionState
    if (state === 'stopped') {
      const why = this.#error || this.#state.connection.reason
      return html`
        <div class="banner" part="error">
          <span>${why ? s.failedAction(s.stoppedBanner.replace(/\.$/u, ''), why) : s.stoppedBanner}</span>
          <button class="text-button" part="connect" type="button" @click=${this.#reconnect}>${s.connect}</button>
        </div>`
    }
    if (this.#lost) return html`<div class="banner"><span>${this.#state.me ? s.waitingBanner : s.unreachableBanner}</span></div>`
    if (!this.#error) return nothing
    return html`
      <div class="banner" part="error">
        <span>${this.#error}</span>
        <button class="text-button" type="button" @click=${this.#dismiss}>${s.dismiss}</button>
      </div>`
  }

  #dismiss(): void {
    this.#error = ''
    this.requestUpdate()
  }

  #conversation(chat: ModelChat): TemplateResult {
    const s = this.#strings
    const customer = customerOf(chat)
    const name = userName(customer, s)
    const status = statusOf(chat)
    const me = this.#state.me?.id
    const now = new Date()
    const about = status === 'closed' ? s.closed
      : chat.queue ? [s.queued(chat.queue.position), formatWait(chat.queue.wait_time, s)].filter(Boolean).join(' · ')
      : customer?.present ? s.present : s.absent
    return html`
      <header class="head">
        <button class="icon-button back" part="back" type="button" aria-label=${s.back} @click=${this.#leave}>${backIcon}</button>
        ${avatar(customer, s)}
        <div class="who"><h2><bdi>${name}</bdi></h2><p>${about}</p></div>
        <button class="text-button details-toggle" part="details-toggle" type="button" aria-expanded=${this.#detailsShown} aria-controls="details" @click=${this.#toggleDetails}>${infoIcon}<span class="details-text">${s.details}</span></button>
        ${chat.active ? html`
          <button class="text-button" part="close-chat" type="button" @click=${() => this.#act('close', { chat_id: chat.id })}>${s.closeChat}</button>` : nothing}
      </header>
      ${this.#details.place()}
      <div class="timeline" part="timeline" role="log" aria-live=${this.#rows.live ? 'polite' : 'off'} aria-relevant="additions" aria-label=${s.messages} tabindex="0">
        ${chat.loaded || chat.timeline.length ? this.#rows.draw(chat, [me, now.toDateString(), this.#lost], () => ({
          viewer: { id: me, side: 'agent' },
          strings: s,
          now,
          waiting: this.#lost,
          retry: key => this.#act('retry', { chat_id: chat.id, key }),
          discard: key => this.#act('discard', { chat_id: chat.id, key }),
        })) : html`<div class="empty"><span>${s.loading}</span></div>`}
      </div>
      ${chat.active ? this.#field.view(() => composer({
        value: this.#drafts.get(chat.id) ?? '',
        label: this.#details.watching ? s.noteToAgents : s.replyTo(name),
        strings: s,
        notice: this.#notice && s.notSentReason(this.#notice),
        input: text => this.#type(chat, text),
        send: () => this.#send(chat),
        emoji: this.#emoji,
      })) : html`
        <div class="composer after">
          <span>${s.closedNote}</span>
          <button class="text-button reopen" part="reopen" type="button" @click=${() => this.#reopen(chat)}>${s.reopen}</button>
        </div>`}`
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'rtm-console': RTMConsoleElement
  }
}
