// The protocol's objects, shared by both APIs. Names of fields are those of the wire; a time is RFC 3339 text in UTC
// with microseconds, a `timestamp` is Unix seconds. A server may add fields at any time.

/** Namespace (a client id or a built-in name) to property name to value. */
export type Properties = Record<string, Record<string, string | number | boolean>>

/** The groups that may see something; group 0 is everybody. */
export interface Access {
  group_ids?: number[]
}

/** A place in the queue. */
export interface Queue {
  position: number
  /** Estimate in seconds. */
  wait_time: number
  /** RFC 3339. */
  queued_at?: string
}

/** The customer as a member of a chat. The Agent API shows more fields than the Customer API. */
export interface CustomerUser {
  id: string
  type: 'customer'
  name?: string
  email?: string
  email_verified?: boolean
  avatar?: string
  phone_number?: string
  session_fields?: Record<string, string>[]
  present?: boolean
  /** RFC 3339. */
  events_seen_up_to?: string
  [field: string]: unknown
}

/** An agent or a bot as a member of a chat. */
export interface AgentUser {
  id: string
  type: 'agent'
  name: string
  /** Agent API only. */
  email?: string
  /** A URL that may lack its scheme. */
  avatar?: string
  job_title?: string
  is_bot?: boolean
  present: boolean
  /** Agent API only. */
  visibility?: 'all' | 'agents'
  /** RFC 3339. */
  events_seen_up_to?: string
}

/** A member of a chat. */
export type User = CustomerUser | AgentUser

/** What every event of a thread has. */
export interface EventBase {
  /** Opaque. */
  id: string
  /** The sender's own id for it, as given in the request. */
  custom_id?: string
  /** RFC 3339. */
  created_at: string
  properties?: Properties
  /** Customer API. */
  recipients?: 'all' | 'agents'
  /** Agent API. */
  visibility?: 'all' | 'agents'
}

/** The button of a rich message that a message answers. */
export interface Postback {
  id: string
  thread_id: string
  event_id: string
  type?: string
  value?: string
}

/** A line of text. */
export interface EventMessage extends EventBase {
  type: 'message'
  author_id: string
  text: string
  postback?: Postback
}

/** A file. */
export interface EventFile extends EventBase {
  type: 'file'
  author_id: string
  name: string
  url: string
  content_type: string
  /** Bytes. */
  size?: number
  /** Pixels. */
  width?: number
  /** Pixels. */
  height?: number
  thumbnail_url?: string
  thumbnail2x_url?: string
  alternative_text?: string
}

/** A form to be filled in. */
export interface EventForm extends EventBase {
  type: 'form'
  author_id?: string
  form_id: string
  form_type?: string
  fields: unknown[]
}

/** A form with its answers. */
export interface EventFilledForm extends EventBase {
  type: 'filled_form'
  author_id: string
  form_id: string
  form_type?: string
  fields: unknown[]
}

/** Cards, quick replies, a sticker or shop items. */
export interface EventRichMessage extends EventBase {
  type: 'rich_message'
  author_id: string
  template_id: 'cards' | 'quick_replies' | 'sticker' | 'ecommerce'
  elements?: unknown[]
}

/** Whatever an integration put in. */
export interface EventCustom extends EventBase {
  type: 'custom'
  author_id: string
  content?: unknown
}

/** What the system says, such as that an agent joined. It has no author. */
export interface EventSystemMessage extends EventBase {
  type: 'system_message'
  author_id?: undefined
  system_message_type: string
  text?: string
  text_vars?: Record<string, string>
}

/** A record of the vendor's own parts. It has no author. */
export interface EventSystem extends EventBase {
  type: 'system'
  author_id?: undefined
  source: string
  subtype: string
  version: number
  details: string
}

/**
 * An item of a thread; `type` tells which. A newer server may send a type that is not listed here, so a `switch` over it
 * needs a default that keeps the event.
 */
export type ThreadEvent =
  | EventMessage
  | EventFile
  | EventForm
  | EventFilledForm
  | EventRichMessage
  | EventCustom
  | EventSystemMessage
  | EventSystem

interface EventInputBase {
  /** Comes back in the event, so that it can be matched. Made by you, unique in the chat. */
  custom_id?: string
  properties?: Properties
  /** Customer API. */
  recipients?: 'all' | 'agents'
  /** Agent API. */
  visibility?: 'all' | 'agents'
}

/** An event to be sent. */
export type EventInput = EventInputBase &
  (
    | {
        type: 'message'
        /** At most 16 KB of UTF-8. */
        text: string
        postback?: Postback
      }
    | { type: 'file'; url: string; alternative_text?: string }
    | { type: 'filled_form'; form_id: string; fields: unknown[] }
    | { type: 'rich_message'; template_id: EventRichMessage['template_id']; elements?: unknown[] }
    | { type: 'custom'; content?: unknown }
    | { type: 'system_message'; system_message_type: string; text?: string; text_vars?: Record<string, string> }
  )

/** One conversation inside a chat, from its start until it is closed. */
export interface Thread {
  id: string
  active: boolean
  user_ids: string[]
  /** Oldest first. */
  events?: ThreadEvent[]
  properties?: Properties
  access?: Access
  /** Only while the chat is queued. */
  queue?: Queue
  tags?: string[]
  previous_thread_id?: string
  next_thread_id?: string
  /** RFC 3339. */
  created_at: string
}

/** A chat with one of its threads. */
export interface Chat {
  id: string
  users: User[]
  /** Absent when the chat has no thread left. */
  thread?: Thread
  properties?: Properties
  access?: Access
  /** Agent API. */
  is_followed?: boolean
}

/** The newest event of one type in a chat. */
export interface LastEvent {
  thread_id: string
  /** RFC 3339. */
  thread_created_at: string
  event?: ThreadEvent
}

/** Where a chat went in a transfer, or came from. */
export interface TransferTarget {
  group_ids?: number[]
  agent_ids?: string[]
}

/** Somebody types, or stopped. */
export interface TypingIndicator {
  author_id: string
  /** Unix seconds. */
  timestamp: number
  is_typing: boolean
  recipients?: 'all' | 'agents'
  visibility?: 'all' | 'agents'
}

/** What the customer has in the input box right now. Agent API. */
export interface SneakPeek {
  author_id: string
  text: string
  /** Unix seconds. */
  timestamp: number
  recipients?: string
}

/** The first thread of a chat that is started or resumed. */
export interface InitialThread {
  events?: EventInput[]
  properties?: Properties
}

/** The program that logs in, for statistics. */
export interface Application {
  name?: string
  version?: string
}

/** A page of results: pass `next_page_id` as `page_id` to go on, alone. */
export interface Page {
  next_page_id?: string
  previous_page_id?: string
}

/** An answer without content. */
export type Empty = Record<string, never>
