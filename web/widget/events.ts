import type { ModelEvent } from 'rtmwidget'

/** The panel was opened. */
export class RTMChatOpenEvent extends Event {
  static readonly type = 'rtm-chat-open'
  constructor() {
    super(RTMChatOpenEvent.type, { bubbles: true, composed: true })
  }
}

/** The panel was closed; the conversation goes on. */
export class RTMChatCloseEvent extends Event {
  static readonly type = 'rtm-chat-close'
  constructor() {
    super(RTMChatCloseEvent.type, { bubbles: true, composed: true })
  }
}

/** An event was added to the chat since the page was loaded, by either side. */
export class RTMChatMessageEvent extends Event {
  static readonly type = 'rtm-chat-message'
  readonly chatId: string
  /** The protocol's event. */
  readonly message: ModelEvent
  /** True when this customer wrote it. */
  readonly own: boolean

  constructor(chatId: string, message: ModelEvent, own: boolean) {
    super(RTMChatMessageEvent.type, { bubbles: true, composed: true })
    this.chatId = chatId
    this.message = message
    this.own = own
  }
}

declare global {
  interface HTMLElementEventMap {
    'rtm-chat-open': RTMChatOpenEvent
    'rtm-chat-close': RTMChatCloseEvent
    'rtm-chat-message': RTMChatMessageEvent
  }
}
