import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { DirectiveResult } from 'lit/directive.js'
import { guard } from 'lit/directives/guard.js'
import type { CustomerClient, ModelChat, ModelState } from 'rtmwidget'
import { Buttons } from './buttons.ts'
import { ChatMenu } from './chat-menu.ts'
import { composeStyles } from './compose-styles.ts'
import { PanelDialog, type Layout } from './dialog.ts'
import { KeepFocus } from './focus.ts'
import { FormFlow } from './form-flow.ts'
import { formStyles } from './form-styles.ts'
import { formView, ratingView, type Filled } from './form.ts'
import { greetingCard } from './greeting.ts'
import { banner, header } from './header.ts'
import { Alerts } from './notify.ts'
import type { Panel, PanelHost } from './panel-host.ts'
import { Previews } from './previews.ts'
import { Reader } from './reader.ts'
import { reason } from './reason.ts'
import { Session } from './session.ts'
import type { Facts, Settings } from './settings.ts'
import { en, speak, type Speech, type Strings } from './strings.ts'
import { composerStyles, timelineStyles } from './styles.ts'
import { widgetStyles } from './widget-styles.ts'
import { Writer } from './writer.ts'

/**
 * RTMChatPanelElement is what `<rtm-chat>` opens: the conversation, and the invitation over the launcher. It belongs to that
 * element, draws into its shadow root, and holds the connection.
 */
export class RTMChatPanelElement extends LitElement implements Panel {
  static override properties = { settings: { attribute: false }, facts: { attribute: false }, open: { attribute: false }, layout: { attribute: false }, speech: { attribute: false } }
  /** Adopted by the root that the panel is in. */
  static override styles = [timelineStyles, composerStyles, composeStyles, formStyles, widgetStyles]

  declare settings: Settings
  declare facts: Facts
  declare open: boolean
  declare layout: Layout
  declare speech: Speech
  /** Given before the panel is put into its place. */
  host!: PanelHost

  strings: Strings = en
  readonly session = new Session({
    settings: () => this.settings,
    strings: () => this.strings,
    began: () => this.#writer.began(),
    changed: before => this.#changed(before),
    failed: cause => this.host.failed(cause),
    requestUpdate: () => this.requestUpdate(),
  })
  readonly alerts = new Alerts(this, {
    organization: () => this.settings.organizationId,
    client: () => this.settings.clientId ?? '',
    show: () => this.host.show(),
  })
  readonly #menu = new ChatMenu(this)
  readonly #reader = new Reader(this)
  readonly #writer = new Writer(this, this.#reader)
  readonly #buttons = new Buttons(this, {
    client: () => this.session.client,
    me: () => this.session.state.me?.id,
    send: (text, postback) => this.#writer.say(text, postback),
    fail: cause => {
      this.#writer.notice = this.strings.buttonFailed(reason(cause, this.strings))
      this.requestUpdate()
    },
  })
  readonly #previews = new Previews(this, () => this.session.client, () => this.settings.server)
  readonly #forms = new FormFlow()
  readonly #dialog = new PanelDialog(() => this.find<HTMLDialogElement>('dialog'), () => this.layout)
  /** What the browser was told to remember of the conversation. */
  #known: boolean | undefined
  /** The client that was said to be ready. */
  #ready: CustomerClient | undefined
  /** The greeting that was last said to be seen, and the one that the page was told of. */
  #accepted = ''
  #greeted = ''
  #life: AbortController | undefined

  constructor() {
    super()
    new KeepFocus(this, () => this.#typingPlace)
    this.settings = { organizationId: '' }
    this.facts = {}
    this.open = false
    this.speech = { locale: en.locale, launcher: en }
  }

  find<T extends HTMLElement>(selector: string): T | null {
    return this.querySelector<T>(selector)
  }

  /** connect begins the conversation's connection when there is none. */
  connect(): Promise<void> {
    return this.session.connect()
  }

  /** warm gets the core, without a connection. */
  warm(): void {
    this.session.warm()
  }

  /** call sends an action of the Customer API. */
  async call<T>(action: string, payload: object): Promise<T> {
    void this.connect()
    const { client, failure } = this.session
    if (!client) throw new Error(failure)
    return client.call<T>(action, payload)
  }

  /** focusComposer moves the keyboard to where one writes. */
  focusComposer(): void {
    this.#typingPlace?.focus({ preventScroll: true })
  }

  protected override createRenderRoot(): HTMLElement {
    const root = this.getRootNode()
    const { elementStyles } = this.constructor as typeof LitElement
    const sheets = elementStyles.map(style => style instanceof CSSStyleSheet ? style : style.styleSheet!)
    if (root instanceof ShadowRoot) root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets]
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) {
      // Out of the page a dialog is not modal any more and a scroller is at its start.
      this.#dialog.place(this.open)
      this.requestUpdate()
    }
    if (this.#life) return // moved, not removed
    this.#life = new AbortController()
    const { signal } = this.#life
    document.addEventListener('visibilitychange', () => this.#reader.markSeen(), { signal })
    for (const type of ['online', 'offline']) addEventListener(type, () => this.requestUpdate(), { signal })
    this.#dialog.watch(signal)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#life?.abort()
      this.#life = undefined
      this.#writer.rescue()
      this.#disconnect()
    })
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('speech')) this.strings = speak(this.speech)
    const before = changed.get('settings')
    const where = ({ server, organizationId, clientId }: Settings) => `${server} ${organizationId} ${clientId}`
    // What was written to one is not for another.
    if (changed.has('settings') && !(before && this.hasUpdated && where(before) === where(this.settings))) this.#writer.writesTo(this.settings)
    if (before && this.hasUpdated) {
      const connected = this.session.connection !== 'idle'
      this.#disconnect()
      if (connected) void this.connect()
    }
    if (changed.has('facts')) this.session.tell(this.facts)
    if (changed.has('open') && !this.open) this.#reader.closed()
    if (changed.has('open') && this.open) {
      this.#reader.opened()
      void this.connect()
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('open') || changed.has('layout')) this.#dialog.place(this.open)
    this.#reader.markSeen()
    this.#acceptGreeting()
    this.#askForm()
    this.alerts.unread(this.session.chat?.unread ?? 0)
  }

  /** Where the keyboard goes: the text field, or what brings it back. */
  get #typingPlace(): HTMLElement | null {
    return this.querySelector('.form-place :is(input, select, textarea), .composer textarea, .restart')
  }

  #disconnect(): void {
    this.session.disconnect()
    this.#known = undefined
    this.#accepted = this.#greeted = ''
    this.#reader.clear()
    this.#writer.clear()
    this.#buttons.clear()
    this.#forms.clear()
  }

  #reconnect(): void {
    this.#writer.rescue()
    this.#disconnect()
    void this.connect()
  }

  #changed(before: ModelState): void {
    const { chat, live, client, greeting, state: { me } } = this.session
    this.#writer.changed(before)
    this.#reader.changed(before)
    if (chat || live) {
      const known = Boolean(chat)
      if (known !== this.#known) this.host.remember({ known })
      this.#known = known
      this.host.unread(chat?.unread ?? 0)
    }
    if (live && me && client !== this.#ready) {
      this.#ready = client
      this.host.ready(me)
    }
    if (greeting && greeting.unique_id !== this.#greeted) {
      this.#greeted = greeting.unique_id
      this.host.greeted(greeting)
    }
    this.requestUpdate()
  }

  #askForm(): void {
    const due = this.open ? this.#forms.next(this.session.state, this.session.chat, this.#writer.writable) : undefined
    if (due?.name === 'form') this.session.act('form', due.args)
    else if (due) this.session.act('form_cancel', {})
  }

  #submit({ fields, rating }: Filled, formId?: string): void {
    const { client, chat, state } = this.session
    this.#writer.notice = ''
    if (!this.#writer.writable && chat) {
      this.#forms.end(chat.thread_id)
      if (rating) this.#rate(chat, rating.score, rating.comment)
    }
    if (fields.length) {
      const type = formId ? undefined : state.form?.type
      client?.model.act('submit', { fields, ...(formId && { form_id: formId }), ...(chat && { chat_id: chat.id }) })
        .then(() => this.host.submitted(type), (cause: unknown) => this.#writer.fail(cause))
    }
    this.#reader.toEnd()
    this.requestUpdate()
  }

  #skipForm(chat: ModelChat): void {
    this.#forms.end(chat.thread_id)
    this.session.act('form_cancel', {})
  }

  #rate(chat: ModelChat, score: 0 | 1 | null, comment?: string): void {
    this.session.client?.model.act('rate', { chat_id: chat.id, score, ...(comment && { comment }) })
      .then(() => this.host.rated(score, comment), () => this.requestUpdate())
  }

  #acceptGreeting(): void {
    const { greeting } = this.session
    if (!greeting || greeting.accepted || greeting.unique_id === this.#accepted || document.visibilityState !== 'visible') return
    this.#accepted = greeting.unique_id
    this.session.act('greeting_accept', {})
  }

  #invitation(reply?: () => void) {
    const { greeting } = this.session
    if (!greeting) return nothing
    const cancel = () => this.session.act('greeting_cancel', {})
    return greetingCard(greeting, {
      strings: this.strings,
      cancel,
      reply,
      press: button => {
        this.#buttons.pressGreeting(greeting, button)
        if (button.type === 'cancel') cancel()
        else if (button.type === 'message' || !button.type) this.host.show()
      },
    })
  }

  #restart(): void {
    this.#writer.restart()
    void this.updateComplete.then(() => this.focusComposer())
  }

  #onKeydown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    this.host.close()
  }

  /** The close request of a modal dialog: Esc without focus inside, or a phone's back gesture. */
  #onCancel(event: Event): void {
    event.preventDefault()
    this.host.close()
  }

  protected override render(): TemplateResult {
    const s = this.strings
    const drag = (event: DragEvent) => this.#writer.onDrag(event)
    return html`
      <div class="invitation" role="status" lang=${s.locale}>${this.open ? nothing : this.#invitation(() => this.host.show())}</div>
      <dialog class="panel" part="panel" lang=${s.locale} tabindex="-1" aria-label=${s.panel} @keydown=${this.#onKeydown} @cancel=${this.#onCancel}
        @dragenter=${drag} @dragover=${drag} @dragleave=${drag} @drop=${drag}>
        ${header(this.session, s, this.#menu.button(), () => this.host.close())}
        ${banner(this.session, s, () => this.#reconnect())}
        ${this.#menu.question()}
        ${this.#timeline()}
        ${this.#reader.jump(() => this.focusComposer())}
        ${this.#footer()}
        ${this.#writer.dropping ? html`<div class="drop" aria-hidden="true">${s.dropHere}</div>` : nothing}
      </dialog>`
  }

  #timeline(): TemplateResult {
    const s = this.strings
    const { chat, state, greeting } = this.session
    const me = state.me?.id
    const now = new Date()
    const { newKey, readsOlder, timeline } = this.#reader
    return html`
      <div class="timeline" part="timeline" role="log" ?hidden=${!chat && !greeting && this.#forms.shown(state, chat, true)} aria-live=${timeline.live && !readsOlder ? 'polite' : 'off'} aria-relevant="additions" aria-label=${s.messages} tabindex="0">
        ${chat?.more && chat.timeline.length ? html`
          <p class="older">${chat.loading ? s.loadingOlder : html`
            <button class="link-button" part="older" type="button" @click=${() => this.#reader.older(true)}>${s.older}</button>`}</p>` : nothing}
        ${chat?.timeline.length ? timeline.draw(chat, [s, me, now.toDateString(), this.#buttons.version, newKey, this.#previews.version, this.session.lost], () => ({
          viewer: { id: me, side: 'customer' },
          strings: s,
          now,
          retry: key => this.#writer.retry(chat, key),
          discard: key => this.#writer.discard(chat, key),
          newKey,
          waiting: this.session.lost,
          cancel: key => this.#writer.discard(chat, key),
          press: (item, button) => this.#buttons.press(chat, item, button),
          pressed: (item, button) => this.#buttons.pressed(item, button),
          ...(chat.active && { submit: (formId: string, filled: Filled) => this.#submit(filled, formId) }),
          preview: href => this.#previews.of(href),
          declined: item => this.#buttons.declined(item),
        })) : greeting ? nothing : html`<div class="empty"><strong>${s.welcome}</strong><span>${s.welcomeText}</span></div>`}
        ${this.open ? this.#invitation() : nothing}
      </div>`
  }

  #footer(): TemplateResult | DirectiveResult {
    const s = this.strings
    const { chat, state } = this.session
    const form = this.#forms.shown(state, chat, this.#writer.writable)
    if (form?.form) {
      return html`<div class="composer form-place">${guard([s, form.form, this.#writer.notice], () => formView({
        strings: s,
        fields: form.form?.fields ?? [],
        name: form.type,
        title: s[form.type],
        submitLabel: form.type === 'prechat' ? s.startChat : s.submitForm,
        notice: this.#writer.notice,
        submit: filled => this.#submit(filled),
        skip: form.type === 'postchat' && chat ? () => this.#skipForm(chat) : undefined,
      }))}</div>`
    }
    if (!this.#writer.writable) {
      return html`
        <div class="composer" part="ended">
          ${chat ? ratingView({ strings: s, rating: chat.rating, rate: (score, comment) => this.#rate(chat, score, comment) }) : nothing}
          <div class="after"><span role="status">${s.ended}</span>
          <button class="text-button primary restart" part="restart" type="button" @click=${this.#restart}>${s.restart}</button></div>
        </div>`
    }
    return this.#writer.composer()
  }
}
