import type { CustomerClient, CustomerOptions } from 'rtmwidget'
import {
  RTMChatCloseEvent, RTMChatErrorEvent, RTMChatFormEvent, RTMChatGreetingEvent, RTMChatMessageEvent, RTMChatOpenEvent, RTMChatRatingEvent,
  RTMChatReadyEvent, RTMChatUnreadEvent, RTMChatVisibilityEvent, type Visibility,
} from './events.ts'
import type { Layout } from './dialog.ts'
import { whenIdle } from './idle.ts'
import { Launcher } from './launcher.ts'
import type { PanelHost } from './panel-host.ts'
import { whenMoved } from './route.ts'
import type { RTMChatPanelElement } from './rtm-chat-panel-element.ts'
import type { Facts, Page, Settings } from './settings.ts'
import { recall, remember, type Memory } from './storage.ts'
import { languageOf, localeOf, LocaleWatch } from './locale.ts'
import type { OwnStrings, Speech } from './strings.ts'
import { launcher } from './strings/launcher.ts'
import { loadTexts } from './strings/load.ts'
import { replace } from './strings/own.ts'

/** Who the customer is. What is left out stays as it was. */
export interface Identity extends Pick<CustomerOptions, 'token' | 'getToken' | 'identityProvider' | 'store'> {
  name?: string
  email?: string
}

/** On a server there are no elements; the module can be imported there all the same. */
const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement)

/** code gets what the launcher does without; the SDK is a file of its own, which the page may have already. */
const code = () => Promise.all([import('./define-panel.ts'), import('rtmwidget')])

/** Attributes that decide where the chat is; a change of one is another connection. */
const settingNames = ['server', 'organization-id', 'client-id', 'group']

/** What may be set before the element is defined. */
const properties = ['server', 'organizationId', 'clientId', 'group', 'open', 'greetings', 'layout', 'locale', 'strings', 'theme', 'position'] as const

/**
 * RTMChatElement is a customer's chat: a launcher in the corner of the page and a panel with the conversation.
 *
 *     <rtm-chat organization-id="…" server="https://chat.example.com"></rtm-chat>
 *
 * The element itself is the launcher alone. The panel is a module of its own, loaded when the page has nothing else to do, or at once
 * when somebody goes for the launcher; the core comes with the first sign that the chat is wanted. A browser that has a
 * conversation already gets both when the page has been loaded; until then the badge shows what was unread last.
 *
 * @fires rtm-chat-open - the panel was opened
 * @fires rtm-chat-close - the panel was closed
 * @fires rtm-chat-visibility - either, or all was hidden or shown again
 * @fires rtm-chat-ready - the customer is logged in
 * @fires rtm-chat-unread - the number of unread events changed
 * @fires rtm-chat-message - an event was added to the chat, by either side
 * @fires rtm-chat-form - the customer sent a form
 * @fires rtm-chat-rating - the customer rated the chat
 * @fires rtm-chat-greeting - an invitation is shown
 * @fires rtm-chat-error - something failed that the page may want to know of
 * @csspart launcher, badge, trouble, panel, header, connection, close, banner, connect, menu-button, menu, menu-item, save-transcript, sound, notifications, end-chat, confirm, keep-chatting, end-confirm, notify-offer, notify-yes, notify-no, timeline, older, new, jump, message, bubble, image, card, carousel, choice, preview, typing, thinking, retry, discard, cancel-upload, composer, attach, emoji-button, emoji, send, form, form-submit, form-skip, ended, rating, rate, rate-comment, restart, greeting, greeting-close, greeting-reply
 */
export class RTMChatElement extends Base {
  static readonly observedAttributes = [...settingNames, 'open', 'greetings', 'hidden', 'layout']

  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #launcher = new Launcher(this.#root)
  readonly #watch = new LocaleWatch(this, () => this.#schedule())
  #speech: Speech = { locale: 'en', launcher: launcher.en }
  /** What the page decided of the language. */
  #locale: string | undefined
  #own: OwnStrings | undefined
  #settings: Settings | undefined
  #facts: Facts = {}
  #identity: Omit<Identity, 'name' | 'email'> = {}
  #panel: RTMChatPanelElement | undefined
  #loading: Promise<RTMChatPanelElement> | undefined
  #failed = false
  #visibility: Visibility = 'minimized'
  #unread = 0
  #known = false
  /** Whose memory was read. */
  #recalled: string | undefined
  #due = false
  /** Ends what waits for the page. */
  #life: AbortController | undefined

  constructor() {
    super()
    this.#launcher.button.addEventListener('click', () => this.open ? this.close() : this.show())
    for (const type of ['pointerenter', 'focusin', 'touchstart']) {
      this.addEventListener(type, () => this.#prepare(), { once: true, passive: true })
    }
  }

  /** The server's base address. Default: where the page came from. */
  get server(): string | undefined { return this.getAttribute('server') ?? undefined }
  set server(server: string | undefined) { this.#set('server', server) }

  get organizationId(): string { return this.getAttribute('organization-id') ?? '' }
  set organizationId(id: string) { this.#set('organization-id', id) }

  /** The OAuth client that asks for customer tokens. */
  get clientId(): string { return this.getAttribute('client-id') ?? '' }
  set clientId(id: string) { this.#set('client-id', id) }

  /** The group that chats go to. */
  get group(): number | undefined {
    const group = this.getAttribute('group')
    return group?.trim() ? Number(group) : undefined
  }
  set group(group: number | undefined) { this.#set('group', group) }

  /** Whether the panel is shown. */
  get open(): boolean { return this.hasAttribute('open') }
  set open(open: boolean) { this.toggleAttribute('open', open) }

  /** Whether to connect with the page, so that an invitation can come before the panel was ever opened. */
  get greetings(): boolean { return this.hasAttribute('greetings') }
  set greetings(greetings: boolean) { this.toggleAttribute('greetings', greetings) }

  /** `panel` shows the conversation beside the page, `screen` over all of it; without it the size of the window decides. */
  get layout(): Layout {
    const layout = this.getAttribute('layout')
    return layout === 'panel' || layout === 'screen' ? layout : undefined
  }
  set layout(layout: Layout) { this.#set('layout', layout) }

  /** The locale of texts, dates and numbers. Default: the `lang` of this element or of the nearest one around it, else the reader's. */
  get locale(): string { return this.#locale === undefined ? this.#watch.locale : localeOf(this.#locale) }
  set locale(locale: string | undefined) {
    this.#locale = locale ?? undefined
    this.#schedule()
  }

  /** Texts in place of the widget's own. */
  get strings(): OwnStrings | undefined { return this.#own }
  set strings(strings: OwnStrings | undefined) {
    this.#own = strings ?? undefined
    this.#schedule()
  }

  /** Light, dark, or as the reader's system: auto. */
  get theme(): string { return this.getAttribute('theme') ?? 'auto' }
  set theme(theme: string) { this.#set('theme', theme) }

  /** The side of the screen: start or end of a line. */
  get position(): string { return this.getAttribute('position') ?? 'end' }
  set position(position: string) { this.#set('position', position) }

  get visibility(): Visibility { return this.hidden ? 'hidden' : this.open ? 'maximized' : 'minimized' }

  /** How many events of others were not seen yet; until there is a connection, as it was last known. */
  get unread(): number { return this.#unread }

  /** The connection, while there is one: for what the element has no name for. It belongs to the element, which closes it. */
  get client(): CustomerClient | undefined { return this.#panel?.session.client }

  /** show opens the panel and moves the focus into its text field. */
  show(): void {
    this.#place({ open: true, hidden: false })
    void this.#use().then(async panel => {
      await panel.updateComplete
      if (this.open) panel.focusComposer()
    }, () => {})
  }

  /** close minimizes the panel, so that the launcher is there alone; the conversation goes on. */
  close(): void {
    this.#place({ open: false, hidden: false })
    void Promise.resolve(this.#panel?.updateComplete).then(() => {
      if (!this.open) this.#launcher.button.focus()
    })
  }

  /** hide takes the launcher away, too, until `show` or `close`. The browser remembers it. */
  hide(): void {
    this.#place({ open: false, hidden: true })
  }

  /**
   * identify says who the customer is. A name and an address go to the agents, now or with the connection. A token, or who
   * keeps them, is another connection, as that customer.
   */
  identify({ name, email, ...identity }: Identity): void {
    this.#facts = { ...this.#facts, ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) }
    if (Object.keys(identity).length) {
      this.#identity = identity
      this.#settings = undefined
    }
    this.#update()
  }

  /** setSessionFields sets what agents see of this visit, in place of what was set before. */
  setSessionFields(fields: Record<string, string>): void {
    this.#facts = { ...this.#facts, sessionFields: { ...fields } }
    this.#update()
  }

  /** setPage says where the customer is. The element does so itself when the address changes. */
  setPage(page: Page): void {
    this.#facts = { ...this.#facts, page }
    this.#update()
  }

  /** call sends any action of the Customer API and resolves with its answer. It loads the core when it is not there. */
  async call<T = unknown>(action: string, payload: object = {}): Promise<T> {
    return (await this.#use()).call<T>(action, payload)
  }

  /** destroy takes the widget out of the page, which ends its connection. */
  destroy(): void {
    this.remove()
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return
    if (settingNames.includes(name)) this.#settings = undefined
    this.#schedule()
  }

  connectedCallback(): void {
    for (const name of properties) this.#rescue(name)
    this.#watch.begin()
    this.#schedule()
    if (this.#life) return // moved, not removed
    this.#life = new AbortController()
    const { signal } = this.#life
    whenIdle(() => this.#idle(), signal)
    whenMoved(page => this.setPage(page), signal)
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#watch.end()
      this.#life?.abort()
      this.#life = undefined
    })
  }

  /** rescue takes a property that was set before the element was defined. */
  #rescue(name: typeof properties[number]): void {
    if (!Object.hasOwn(this, name)) return
    const value: unknown = Reflect.get(this, name)
    Reflect.deleteProperty(this, name)
    Reflect.set(this, name, value)
  }

  #set(name: string, value: string | number | null | undefined): void {
    if (value === undefined || value === null) this.removeAttribute(name)
    else this.setAttribute(name, String(value))
  }

  #place({ open, hidden }: { open: boolean; hidden: boolean }): void {
    this.open = open
    if (hidden !== this.hidden) {
      this.hidden = hidden
      this.#remember({ hidden })
    }
    this.#update()
  }

  /** schedule draws when everything that is set together was set. */
  #schedule(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => {
      if (this.#due) this.#update()
    })
  }

  #update(): void {
    this.#due = false
    if (!this.isConnected) return
    this.#speak()
    this.#recall()
    this.#tellVisibility()
    if (this.open || this.greetings) this.#connect()
    if (this.#panel) this.#hand(this.#panel)
    this.#draw()
  }

  /** speak brings launcher and panel to the language of the moment. */
  #speak(): void {
    const { locale } = this
    this.#watch.direct(locale)
    if (locale === this.#speech.locale && this.#own === this.#speech.own) return
    this.#speech = { locale, launcher: replace(launcher[languageOf(locale)], this.#own ?? {}), own: this.#own }
    if (this.#panel) void this.#translate(this.#panel)
  }

  /** translate gives the panel its language as soon as the texts are there. */
  async #translate(panel: RTMChatPanelElement): Promise<void> {
    const speech = this.#speech
    const texts = await loadTexts(languageOf(speech.locale))
    if (speech === this.#speech) panel.speech = { ...speech, texts }
  }

  #draw(): void {
    this.#launcher.draw({ open: this.open, unread: this.#unread, loading: this.open && !this.#panel, failed: this.#failed && !this.open }, { ...this.#speech.launcher, locale: this.#speech.locale })
  }

  /** recall takes up what this browser remembers of an organization: an open panel, what is unread. */
  #recall(): void {
    const { organizationId, clientId } = this
    const whose = `${organizationId} ${clientId}`
    if (!organizationId || whose === this.#recalled) return
    const first = this.#recalled === undefined
    this.#recalled = whose
    const { open, hidden, known = false, unread = 0 } = recall(organizationId, clientId)
    this.#known = known
    this.#count(unread)
    if (first && open) this.open = true
    if (first && hidden) this.hidden = true
    if (known && document.readyState === 'complete' && this.#life) whenIdle(() => this.#idle(), this.#life.signal)
  }

  #remember(memory: Memory): void {
    if (this.organizationId) remember(this.organizationId, this.clientId, memory)
  }

  #tellVisibility(): void {
    const before = this.#visibility
    const { visibility } = this
    if (visibility === before) return
    this.#visibility = visibility
    if (before === 'maximized' || visibility === 'maximized') {
      this.#remember({ open: this.open })
      this.dispatchEvent(visibility === 'maximized' ? new RTMChatOpenEvent() : new RTMChatCloseEvent())
    }
    this.dispatchEvent(new RTMChatVisibilityEvent(visibility))
  }

  #count(unread: number): void {
    if (unread === this.#unread) return
    this.#unread = unread
    this.dispatchEvent(new RTMChatUnreadEvent(unread))
    this.#draw()
  }

  /** idle gets the panel's file, which most visitors never use, unless they pay for each byte. A known conversation goes on. */
  #idle(): void {
    if (this.#known && !this.hidden) this.#connect()
    else if (!(navigator as { connection?: { saveData?: boolean } }).connection?.saveData) void this.#get().catch(() => {})
  }

  /** prepare gets everything but the connection: somebody is about to open the panel. */
  #prepare(): void {
    void this.#use().then(panel => panel.warm(), () => {})
  }

  #connect(): void {
    void this.#use().then(panel => {
      if (this.isConnected) void panel.connect()
    }, () => {})
  }

  #use(): Promise<RTMChatPanelElement> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  /** get fetches the panel's file and that of the language. */
  #get(): Promise<unknown> {
    return Promise.all([code(), loadTexts(languageOf(this.#speech.locale))])
  }

  async #load(): Promise<RTMChatPanelElement> {
    try {
      await this.#get()
    } catch (cause) {
      this.#loading = undefined
      this.#failed = true
      this.open = false
      this.#update()
      this.dispatchEvent(new RTMChatErrorEvent(cause))
      throw cause
    }
    const panel = document.createElement('rtm-chat-panel')
    this.#failed = false
    this.#panel = panel
    panel.host = this.#host
    await this.#translate(panel)
    this.#hand(panel)
    this.#root.append(panel)
    this.#draw()
    return panel
  }

  /** hand gives the panel what it depends on. */
  #hand(panel: RTMChatPanelElement): void {
    const { organizationId, server, clientId, group } = this
    this.#settings ??= {
      organizationId,
      ...(server === undefined ? {} : { server }), ...(clientId ? { clientId } : {}), ...(group === undefined ? {} : { groupId: group }), ...this.#identity,
    }
    panel.settings = this.#settings
    panel.facts = this.#facts
    panel.layout = this.layout
    panel.open = this.open && !this.hidden
  }

  readonly #host: PanelHost = {
    show: () => this.show(),
    close: () => this.close(),
    remember: memory => this.#remember(memory),
    unread: count => {
      if (count !== this.#unread) this.#remember({ unread: count })
      this.#count(count)
    },
    ready: me => this.dispatchEvent(new RTMChatReadyEvent(me)),
    message: (chatId, event, own) => this.dispatchEvent(new RTMChatMessageEvent(chatId, event, own)),
    submitted: form => this.dispatchEvent(new RTMChatFormEvent(form ?? 'message')),
    rated: (score, comment) => this.dispatchEvent(new RTMChatRatingEvent(score, comment ?? '')),
    greeted: greeting => this.dispatchEvent(new RTMChatGreetingEvent(greeting)),
    failed: cause => this.dispatchEvent(new RTMChatErrorEvent(cause)),
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'rtm-chat': RTMChatElement
  }
}
