import type { ModelEvent, ModelForm, ModelGreeting, ModelPerson } from 'rtmwidget'

/** What a page sees of the chat: the conversation, the launcher alone, or nothing. */
export type Visibility = 'maximized' | 'minimized' | 'hidden'

abstract class RTMChatEvent extends Event {
  constructor(type: string) {
    super(type, { bubbles: true, composed: true })
  }
}

/** The panel was opened. */
export class RTMChatOpenEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-open'
  constructor() {
    super(RTMChatOpenEvent.type)
  }
}

/** The panel was closed; the conversation goes on. */
export class RTMChatCloseEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-close'
  constructor() {
    super(RTMChatCloseEvent.type)
  }
}

/** The panel was opened or closed, or all of the widget was hidden or shown again. */
export class RTMChatVisibilityEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-visibility'
  constructor(readonly visibility: Visibility) {
    super(RTMChatVisibilityEvent.type)
  }
}

/** The customer is logged in: for the first time, or after another one was identified. */
export class RTMChatReadyEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-ready'
  constructor(readonly customer: ModelPerson) {
    super(RTMChatReadyEvent.type)
  }
}

/** The number of unread events changed. */
export class RTMChatUnreadEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-unread'
  constructor(readonly count: number) {
    super(RTMChatUnreadEvent.type)
  }
}

/** An event was added to the chat since the page was loaded, by either side. */
export class RTMChatMessageEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-message'
  /** `message` is the protocol's event; `own` is true when this customer wrote it. */
  constructor(readonly chatId: string, readonly message: ModelEvent, readonly own: boolean) {
    super(RTMChatMessageEvent.type)
  }
}

/** The customer sent a form: one of the three kinds, or one that came in a message. */
export class RTMChatFormEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-form'
  constructor(readonly form: ModelForm['type'] | 'message') {
    super(RTMChatFormEvent.type)
  }
}

/** The customer rated the chat; without a score the rating was taken back. */
export class RTMChatRatingEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-rating'
  constructor(readonly score: 0 | 1 | null, readonly comment: string) {
    super(RTMChatRatingEvent.type)
  }
}

/** An invitation is shown. */
export class RTMChatGreetingEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-greeting'
  constructor(readonly greeting: ModelGreeting) {
    super(RTMChatGreetingEvent.type)
  }
}

/** The panel could not be loaded, the login failed, or what the page asked for was refused. */
export class RTMChatErrorEvent extends RTMChatEvent {
  static readonly type = 'rtm-chat-error'
  constructor(readonly error: unknown) {
    super(RTMChatErrorEvent.type)
  }
}

declare global {
  interface HTMLElementEventMap {
    'rtm-chat-open': RTMChatOpenEvent
    'rtm-chat-close': RTMChatCloseEvent
    'rtm-chat-visibility': RTMChatVisibilityEvent
    'rtm-chat-ready': RTMChatReadyEvent
    'rtm-chat-unread': RTMChatUnreadEvent
    'rtm-chat-message': RTMChatMessageEvent
    'rtm-chat-form': RTMChatFormEvent
    'rtm-chat-rating': RTMChatRatingEvent
    'rtm-chat-greeting': RTMChatGreetingEvent
    'rtm-chat-error': RTMChatErrorEvent
  }
}
