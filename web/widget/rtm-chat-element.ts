import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { canStore, emptyState, load, type CustomerActs, type CustomerClient, type ModelChat, type ModelGreeting, type ModelState, type ModelUser } from 'rtmwidget'
import { Announced } from './announced.ts'
import { Buttons, type Postback } from './buttons.ts'
import { composer, fit } from './composer.ts'
import { raw } from './raw.ts'
import { RTMChatCloseEvent, RTMChatMessageEvent, RTMChatOpenEvent } from './events.ts'
import { KeepFocus } from './focus.ts'
import { firstUnread } from './groups.ts'
import { badge, formatNumber, formatWait } from './format.ts'
import { FormFlow } from './form-flow.ts'
import { formStyles } from './form-styles.ts'
import { formView, ratingView, type Filled } from './form.ts'
import { greetingCard } from './greeting.ts'
import { chatIcon, closeIcon, downIcon } from './icons.ts'
import { persist } from './login.ts'
import { reason } from './reason.ts'
import { StickToEnd } from './scroll.ts'
import { recall, remember } from './storage.ts'
import { en, type Strings } from './strings.ts'
import { composerStyles, theme, timelineStyles } from './styles.ts'
import { avatar, timelineRows, userName } from './timeline.ts'
import { refusal, Uploads } from './uploads.ts'
import { unsent, vanished } from './unsent.ts'
import { widgetStyles } from './widget-styles.ts'

/** Below these sizes the panel covers the screen and is modal. */
const phone = '(max-width: 480px), (max-height: 440px)'

/**
 * RTMChatElement is a customer's chat: a launcher in the corner of the page and a panel with the conversation.
 *
 *     <rtm-chat organization-id="…" server="https://chat.example.com"></rtm-chat>
 *
 * The core is loaded when the panel is opened, or with the page when this browser has a conversation already.
 *
 * @fires rtm-chat-open - the panel was opened
 * @fires rtm-chat-close - the panel was closed
 * @fires rtm-chat-message - an event was added to the chat, by either side
 * @csspart launcher, badge, panel, header, connection, close, timeline, message, bubble, typing, composer, send, retry, discard, attach, cancel-upload, image, form, form-submit, form-skip, rating, rate, rate-comment, thinking, older, new, jump, ended, restart, greeting, greeting-close, greeting-reply, card, carousel, choice
 */
export class RTMChatElement extends LitElement {
  static override properties = {
    server: {},
    organizationId: { attribute: 'organization-id' },
    clientId: { attribute: 'client-id' },
    open: { type: Boolean, reflect: true },
    greetings: { type: Boolean },
  }
  static override styles = [theme, timelineStyles, composerStyles, formStyles, widgetStyles]

  /** The server's base address. Default: where the page came from. */
  declare server: string | undefined
  declare organizationId: string
  /** The OAuth client that asks for customer tokens. */
  declare clientId: string
  /** Whether the panel is shown. */
  declare open: boolean
  /** Whether to connect with the page, so that an invitation can come before the panel was ever opened. */
  declare greetings: boolean

  readonly #strings: Strings = en
  readonly #stick = new StickToEnd(this, () => this.renderRoot?.querySelector<HTMLElement>('.timeline'), {
    rows: at => at.querySelectorAll<HTMLElement>('[data-key]'),
    start: () => this.#older(),
    end: atEnd => this.#moved(atEnd),
  })
  /** The reader is away from the end. */
  #away = false
  /** Older threads were asked for since the reader left the end. */
  #readsOlder = false
  /** The timeline's first key when older threads could not be had. */
  #oldest: string | undefined
  /** Messages of others that came while the reader was away. */
  #fresh = 0
  /** Where what is new begins, and the chat in which that was looked for. */
  #newKey: string | undefined
  #newIn: string | undefined
  #client: CustomerClient | undefined
  #state: ModelState = emptyState
  readonly #buttons = new Buttons(this, {
    client: () => this.#client,
    me: () => this.#state.me?.id,
    send: (text, postback) => this.#say(text, postback),
    fail: cause => {
      this.#notice = this.#strings.buttonFailed(reason(cause, this.#strings))
      this.requestUpdate()
    },
  })
  readonly #uploads = new Uploads(() => this.#strings)
  readonly #forms = new FormFlow()
  /** Files are held over the panel. */
  #dropping = false
  #failure = ''
  #draft = ''
  /** Enter was pressed before the core was there. */
  #held = false
  /** Why the draft was not taken. */
  #notice = ''
  #restarting = false
  /** The connection broke, or never was, and is tried again. */
  #lost = false
  /** What the browser was told to remember of the conversation. */
  #known: boolean | undefined
  #seenMark = ''
  /** The greeting that was last said to be seen. */
  #accepted = ''
  #announced = new Announced()
  /** Ends listeners, and whatever of a connection attempt is still under way. */
  #life: AbortController | undefined
  #session: AbortController | undefined

  constructor() {
    super()
    new KeepFocus(this, () => this.#typingPlace)
    this.organizationId = ''
    this.clientId = ''
    this.open = false
    this.greetings = false
  }

  /** show opens the panel and moves the focus into its text field. */
  show(): void {
    this.#setOpen(true)
  }

  /** close minimizes the panel; the conversation goes on. */
  close(): void {
    this.#setOpen(false)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) {
      // Out of the page a dialog is not modal any more and a scroller is at its start.
      this.#place()
      this.requestUpdate()
    }
    if (this.#life) return // moved, not removed
    this.#life = new AbortController()
    const { signal } = this.#life
    document.addEventListener('visibilitychange', () => this.#markSeen(), { signal })
    matchMedia(phone).addEventListener('change', () => this.#place(), { signal })
    // At first the properties are complete only with the first update.
    if (this.hasUpdated) this.#resume()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#life?.abort()
      this.#life = undefined
      this.#rescue()
      this.#disconnect()
    })
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('server') || changed.has('organizationId') || changed.has('clientId')) {
      // What was written to one is not for another.
      if (changed.get('server') || changed.get('organizationId')) {
        this.#draft = ''
        this.#held = false
      }
      this.#disconnect()
      this.#resume()
    }
    if (changed.has('greetings') && this.greetings) void this.#connect()
    if (changed.has('open') && !this.open) this.#newKey = undefined
    if (changed.has('open') && this.open) {
      this.#stick.jump()
      this.#fresh = 0
      void this.#connect()
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('open') && (this.open || changed.get('open'))) {
      remember(this.organizationId, this.clientId, { open: this.open })
      this.dispatchEvent(this.open ? new RTMChatOpenEvent() : new RTMChatCloseEvent())
    }
    if (changed.has('open')) this.#place()
    this.#markSeen()
    this.#acceptGreeting()
    this.#askForm()
  }

  /** resume takes up what this browser remembers: an open panel, a conversation. */
  #resume(): void {
    const memory = recall(this.organizationId, this.clientId)
    if (memory.open && !this.hasUpdated) this.open = true
    if (memory.known || this.open || this.greetings) void this.#connect()
  }

  #setOpen(open: boolean): void {
    this.open = open
    void this.updateComplete.then(() => {
      if (open) this.#focusComposer()
      else this.renderRoot.querySelector<HTMLElement>('.launcher')?.focus()
    })
  }

  /** Where the keyboard goes: the text field, or what brings it back. */
  get #typingPlace(): HTMLElement | null {
    return this.renderRoot.querySelector('.form-place :is(input, select, textarea), .composer textarea, .restart')
  }

  #focusComposer(): void {
    this.#typingPlace?.focus({ preventScroll: true })
  }

  /** place shows the dialog the way the screen wants it: modal on a phone, else beside the page without taking the focus. */
  #place(): void {
    const dialog = this.renderRoot.querySelector('dialog')
    if (!dialog) return
    const modal = matchMedia(phone).matches
    if (this.open && dialog.open && dialog.matches(':modal') === modal) return
    const focused = this.shadowRoot?.activeElement
    if (dialog.open) dialog.close()
    if (!this.open || !this.isConnected) return
    if (modal) dialog.showModal()
    else dialog.setAttribute('open', '')
    const inside = focused instanceof HTMLElement && dialog.contains(focused)
    if (inside || modal) (inside ? focused : dialog).focus()
  }

  async #connect(): Promise<void> {
    if (this.#session) return
    if (!this.organizationId) {
      this.#failure = 'organization-id is missing'
      this.requestUpdate()
      return
    }
    const session = new AbortController()
    this.#session = session
    this.#failure = ''
    this.requestUpdate()
    try {
      const client = load().customer({
        organizationId: this.organizationId,
        ...(this.server ? { server: this.server } : {}),
        ...(this.clientId ? { clientId: this.clientId } : {}),
      })
      this.#client = client
      const unsubscribe = client.model.subscribe(state => this.#show(state))
      session.signal.addEventListener('abort', () => {
        unsubscribe()
        void client.close()
      })
      this.#show(client.model.state)
      if (this.#held) this.#send()
      await persist(() => client.login({ customer_page: { url: location.href, title: document.title } }), session.signal)
    } catch (cause) {
      if (session.signal.aborted) return
      this.#failure = reason(cause, this.#strings)
      this.requestUpdate()
    }
  }

  #disconnect(): void {
    this.#session?.abort()
    this.#session = undefined
    this.#client = undefined
    this.#state = emptyState
    this.#failure = ''
    this.#notice = ''
    this.#lost = false
    this.#known = undefined
    this.#seenMark = ''
    this.#restarting = false
    this.#announced = new Announced()
    this.#accepted = ''
    this.#newKey = this.#newIn = this.#oldest = undefined
    this.#buttons.clear()
    this.#uploads.clear()
    this.#forms.clear()
    this.requestUpdate()
  }

  #reconnect(): void {
    this.#rescue()
    this.#disconnect()
    void this.#connect()
  }

  /** rescue keeps what would go away with the connection; where the browser stores it, it is sent again by itself. */
  #rescue(): void {
    if (!canStore()) this.#keep(unsent(this.#state.chats))
  }

  /** keep puts text that would go away with its chat back in front of the person who wrote it. */
  #keep(text: string): void {
    if (text) this.#draft = [text, this.#draft].filter(Boolean).join('\n')
  }

  #show(state: ModelState): void {
    const before = this.#state
    this.#keep(vanished(before, state))
    this.#state = state
    const live = state.connection.state === 'live'
    if (live) this.#failure = ''
    if (live && before.connection.state !== 'live') this.#seenMark = ''
    if (live || state.connection.state === 'stopped') this.#lost = false
    else if (state.connection.state === 'waiting') this.#lost = true
    const chat = this.#chat
    if (chat?.active) this.#restarting = false
    if ((chat || live) && this.#known !== Boolean(chat)) {
      this.#known = Boolean(chat)
      remember(this.organizationId, this.clientId, { known: this.#known })
    }
    const me = state.me?.id
    if (chat?.loaded && me && this.#newIn !== chat.id) {
      this.#newIn = chat.id
      this.#newKey ??= firstUnread(chat, { id: me, side: 'customer' })
    }
    const read = this.open && !this.#away && document.visibilityState === 'visible'
    for (const { chatId, item } of this.#announced.next(state)) {
      const author = raw(item.event).author_id
      if (!read && chatId === chat?.id && author && author !== me) {
        this.#newKey ??= item.key
        this.#fresh++
      }
      this.dispatchEvent(new RTMChatMessageEvent(chatId, item.event, raw(item.event).author_id === state.me?.id))
    }
    this.requestUpdate()
  }

  /** A customer has one chat; should there be more, the open one counts, else the newest. */
  get #chat(): ModelChat | undefined {
    const { chats } = this.#state
    return chats.find(chat => chat.active) ?? chats[0]
  }

  get #agent(): ModelUser | undefined {
    const agents = this.#chat?.users.filter(user => user.type === 'agent') ?? []
    return agents.find(user => user.present) ?? agents[0]
  }

  #act<K extends keyof CustomerActs & string>(name: K, args: CustomerActs[K]): void {
    // What the core itself refuses is out of date at most: the chat has gone since it was drawn.
    this.#client?.model.act(name, args).catch(() => this.requestUpdate())
  }

  #markSeen(): void {
    const chat = this.#chat
    if (!chat?.unread || !this.open || document.visibilityState !== 'visible') return
    // Once for each newest event: the count stays until the server has answered.
    const mark = `${chat.id} ${chat.timeline.at(-1)?.key ?? ''}`
    if (mark === this.#seenMark) return
    this.#seenMark = mark
    this.#act('seen', { chat_id: chat.id })
  }

  #type(text: string): void {
    this.#draft = text
    const chat = this.#chat
    if (chat?.active) this.#act('sneak_peek', { chat_id: chat.id, text })
    this.requestUpdate()
  }

  #send(): void {
    const text = this.#draft.trim()
    if (!text) return
    this.#held = !this.#client
    if (!this.#client) return void this.#connect()
    this.#draft = ''
    this.#say(text)
    void this.updateComplete.then(() => fit(this.renderRoot.querySelector('textarea')))
  }

  #say(text: string, postback?: Postback): void {
    this.#newKey = undefined
    const chat = this.#chat
    this.#notice = ''
    this.#client?.model.act('send', { text, ...(chat && { chat_id: chat.id }), ...(postback && { postback }) }).catch((cause: unknown) => {
      this.#notice = this.#strings.notSentReason(reason(cause, this.#strings))
      this.#draft ||= text
      this.requestUpdate()
    })
    this.#stick.jump()
    this.requestUpdate()
  }

  /** older asks for what is before the timeline, once for each start of it. */
  #older(byHand = false): void {
    const chat = this.#chat
    if (!chat?.more || chat.loading || !chat.loaded || this.#state.connection.state !== 'live' || !this.open) return
    const first = chat.timeline[0]?.key
    if (!byHand && (first === this.#oldest || chat.error?.act === 'older')) return
    this.#oldest = first
    this.#readsOlder = true
    this.#act('older', { chat_id: chat.id })
  }

  #moved(atEnd: boolean): void {
    this.#away = !atEnd
    const chat = this.#chat
    if (atEnd) {
      this.#fresh = 0
      if (this.#readsOlder && chat) this.#act('recent', { chat_id: chat.id })
      this.#readsOlder = false
      this.#oldest = undefined
    }
    this.requestUpdate()
  }

  #jump(): TemplateResult {
    const s = this.#strings
    const toEnd = () => {
      this.#stick.jump()
      this.#focusComposer()
    }
    return html`<div class="jump-place">${this.#away ? html`
      <button class="jump" part="jump" type="button" aria-label=${this.#fresh ? s.jumpNew(this.#fresh) : s.jump} @click=${toEnd}>
        ${downIcon}${this.#fresh ? html`<span class="badge" aria-hidden="true">${badge(this.#fresh, s)}</span>` : nothing}
      </button>` : nothing}</div>`
  }

  #sendFiles(files: Iterable<File>): void {
    const client = this.#client
    if (!client) return
    const refusals: string[] = []
    for (const file of files) {
      const why = refusal(file, this.#strings)
      if (why) refusals.push(why)
      else this.#uploads.add(client, this.#chat?.id, file)
    }
    this.#notice = refusals.join(' ')
    this.#stick.jump()
    this.requestUpdate()
  }

  #onDrag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files') || !this.#writable) return
    event.preventDefault()
    const { type, currentTarget, relatedTarget } = event
    const inside = relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget)
    this.#dropping = type === 'dragover' || type === 'dragenter' || (type === 'dragleave' && inside)
    if (type === 'drop') this.#sendFiles([...event.dataTransfer.files])
    this.requestUpdate()
  }

  #askForm(): void {
    const due = this.open ? this.#forms.next(this.#state, this.#chat, this.#writable) : undefined
    if (due?.name === 'form') this.#act('form', due.args)
    else if (due) this.#act('form_cancel', {})
  }

  #submit({ fields, rating }: Filled, formId?: string): void {
    const chat = this.#chat
    const fail = (cause: unknown) => {
      this.#notice = this.#strings.notSentReason(reason(cause, this.#strings))
      this.requestUpdate()
    }
    this.#notice = ''
    if (!this.#writable && chat) {
      this.#forms.end(chat.thread_id)
      if (rating) this.#rate(chat, rating.score, rating.comment)
    }
    if (fields.length) this.#client?.model.act('submit', { fields, ...(formId && { form_id: formId }), ...(chat && { chat_id: chat.id }) }).catch(fail)
    this.#stick.jump()
    this.requestUpdate()
  }

  #skipForm(chat: ModelChat): void {
    this.#forms.end(chat.thread_id)
    this.#act('form_cancel', {})
  }

  #rate(chat: ModelChat, score: 0 | 1 | null, comment?: string): void {
    this.#act('rate', { chat_id: chat.id, score, ...(comment && { comment }) })
  }

  /** Whether there is a field to write in. */
  get #writable(): boolean {
    const chat = this.#chat
    return !chat || chat.active || this.#restarting
  }

  #retry(chat: ModelChat, key: string): void {
    const upload = chat.timeline.find(item => item.key === key)?.upload
    if (!upload || !this.#uploads.retry(key)) this.#act('retry', { chat_id: chat.id, key })
  }

  #discard(chat: ModelChat, key: string): void {
    this.#uploads.cancel(key)
    this.#act('discard', { chat_id: chat.id, key })
  }

  /** The invitation, as long as nobody talks. */
  get #greeting(): ModelGreeting | undefined {
    return this.#chat?.active ? undefined : this.#state.greeting ?? undefined
  }

  #acceptGreeting(): void {
    const greeting = this.#greeting
    if (!greeting || greeting.accepted || greeting.unique_id === this.#accepted || document.visibilityState !== 'visible') return
    this.#accepted = greeting.unique_id
    this.#act('greeting_accept', {})
  }

  #invitation(reply?: () => void) {
    const greeting = this.#greeting
    if (!greeting) return nothing
    const cancel = () => this.#act('greeting_cancel', {})
    return greetingCard(greeting, {
      strings: this.#strings,
      cancel,
      reply,
      press: button => {
        this.#buttons.pressGreeting(greeting, button)
        if (button.type === 'cancel') cancel()
        else if (button.type === 'message' || !button.type) this.show()
      },
    })
  }

  #restart(): void {
    this.#restarting = true
    this.requestUpdate()
    void this.updateComplete.then(() => this.#focusComposer())
  }

  #onKeydown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    this.close()
  }

  /** The close request of a modal dialog: Esc without focus inside, or a phone's back gesture. */
  #onCancel(event: Event): void {
    event.preventDefault()
    this.close()
  }

  protected override render(): TemplateResult {
    const s = this.#strings
    const unread = this.#chat?.unread ?? 0
    return html`
      <button class="launcher" part="launcher" type="button" aria-expanded=${this.open} aria-haspopup="dialog"
        aria-label=${this.open ? s.close : unread ? s.openUnread(unread) : s.open}
        @click=${() => this.#setOpen(!this.open)}>
        ${this.open ? downIcon : chatIcon}
        ${unread && !this.open ? html`<span class="badge" part="badge" aria-hidden="true">${badge(unread, s)}</span>` : nothing}
      </button>
      <div class="invitation" role="status">${this.open ? nothing : this.#invitation(() => this.show())}</div>
      <dialog class="panel" part="panel" tabindex="-1" aria-label=${s.panel} @keydown=${this.#onKeydown} @cancel=${this.#onCancel}
        @dragenter=${this.#onDrag} @dragover=${this.#onDrag} @dragleave=${this.#onDrag} @drop=${this.#onDrag}>
        ${this.#header()}
        ${this.#banner()}
        ${this.#timeline()}
        ${this.#jump()}
        ${this.#footer()}
        ${this.#dropping ? html`<div class="drop" aria-hidden="true">${s.dropHere}</div>` : nothing}
      </dialog>`
  }

  #header(): TemplateResult {
    const s = this.#strings
    const agent = this.#agent
    const state = this.#connectionState
    const text = state !== 'live' ? s.connection[state] : !agent ? s.subtitle : agent.present ? s.connection.live : s.agentAway
    return html`
      <div class="header" part="header">
        ${agent ? avatar(agent, s) : html`<span class="mark" aria-hidden="true">${chatIcon}</span>`}
        <div class="who">
          <h2><bdi>${agent ? userName(agent, s) : s.title}</bdi></h2>
          <p class="connection" part="connection" data-state=${state}
            data-present=${state === 'live' && agent?.present ? '' : nothing}>${text}</p>
        </div>
        <button class="icon-button" part="close" type="button" aria-label=${s.close} @click=${() => this.close()}>${closeIcon}</button>
      </div>`
  }

  /** Until the core has been loaded the model says idle; for the person in front it is connecting. */
  get #connectionState(): keyof Strings['connection'] {
    const { state } = this.#state.connection
    if (this.#failure && state !== 'live') return 'stopped'
    return state === 'idle' && this.#session ? 'connecting' : state
  }

  #banner(): TemplateResult {
    const s = this.#strings
    const state = this.#connectionState
    const queue = this.#chat?.active ? this.#chat.queue : undefined
    const text = state === 'stopped' ? (this.#state.connection.state === 'idle' ? s.unavailable : s.stoppedBanner)
      : this.#lost ? (this.#state.me ? s.waitingBanner : s.unreachableBanner)
      : queue ? s.queue(formatNumber(queue.position, s), formatWait(queue.wait_time, s)) : ''
    // The region is always there: one that comes together with its text is not announced everywhere.
    return html`
      <div role="status">
        ${text ? html`
          <div class="banner" part="banner" title=${state === 'stopped' ? this.#failure : nothing}>
            <span>${text}</span>
            ${state === 'stopped' ? html`<button class="text-button" part="connect" type="button" @click=${this.#reconnect}>${s.connect}</button>` : nothing}
          </div>` : nothing}
      </div>`
  }

  #timeline(): TemplateResult {
    const s = this.#strings
    const chat = this.#chat
    const me = this.#state.me?.id
    const now = new Date()
    return html`
      <div class="timeline" part="timeline" role="log" ?hidden=${!chat && !this.#greeting && this.#forms.shown(this.#state, chat, true)} aria-live=${this.#readsOlder ? 'off' : 'polite'} aria-relevant="additions" aria-label=${s.messages} tabindex="0">
        ${chat?.more && chat.timeline.length ? html`
          <p class="older">${chat.loading ? s.loadingOlder : html`
            <button class="link-button" part="older" type="button" @click=${() => this.#older(true)}>${s.older}</button>`}</p>` : nothing}
        ${chat?.timeline.length ? guard([chat, me, now.toDateString(), this.#buttons.version, this.#newKey], () => timelineRows(chat, {
          viewer: { id: me, side: 'customer' },
          strings: s,
          now,
          retry: key => this.#retry(chat, key),
          discard: key => this.#discard(chat, key),
          newKey: this.#newKey,
          cancel: key => this.#discard(chat, key),
          press: (item, button) => this.#buttons.press(chat, item, button),
          pressed: (item, button) => this.#buttons.pressed(item, button),
          ...(chat.active && { submit: (formId: string, filled: Filled) => this.#submit(filled, formId) }),
          declined: item => this.#buttons.declined(item),
        })) : this.#greeting ? nothing : html`<div class="empty"><strong>${s.welcome}</strong><span>${s.welcomeText}</span></div>`}
        ${this.open ? this.#invitation() : nothing}
      </div>`
  }

  #footer(): TemplateResult {
    const s = this.#strings
    const chat = this.#chat
    const form = this.#forms.shown(this.#state, chat, this.#writable)
    if (form?.form) {
      return html`<div class="composer form-place">${guard([form.form, this.#notice], () => formView({
        strings: s,
        fields: form.form?.fields ?? [],
        name: form.type,
        title: s[form.type],
        submitLabel: form.type === 'prechat' ? s.startChat : s.submitForm,
        notice: this.#notice,
        submit: filled => this.#submit(filled),
        skip: form.type === 'postchat' && chat ? () => this.#skipForm(chat) : undefined,
      }))}</div>`
    }
    if (!this.#writable) {
      return html`
        <div class="composer" part="ended">
          ${chat ? ratingView({ strings: s, rating: chat.rating, rate: (score, comment) => this.#rate(chat, score, comment) }) : nothing}
          <div class="after"><span role="status">${s.ended}</span>
          <button class="text-button primary restart" part="restart" type="button" @click=${this.#restart}>${s.restart}</button></div>
        </div>`
    }
    return composer({
      value: this.#draft, label: s.write, strings: s, notice: this.#notice,
      input: text => this.#type(text), send: () => this.#send(),
      ...(this.#client && { files: (files: Iterable<File>) => this.#sendFiles(files) }),
    })
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'rtm-chat': RTMChatElement
  }
}
