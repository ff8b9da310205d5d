import { Connection, type CallInit, type Client, type ClientOptions } from './client.ts'
import type * as o from './objects.ts'

// The Customer API, version 3.6: what a visitor of a page does.

/** How a customer connects. */
export interface CustomerOptions extends ClientOptions {
  /** The organization whose chat this is; a UUID. */
  organizationId: string
  /** The OAuth client id that the token is asked with. Default `rtmwidget`. */
  clientId?: string
}

export interface LoginRequest {
  customer?: {
    name?: string
    email?: string
    avatar?: string
    session_fields?: Record<string, string>[]
  }
  customer_page?: { url?: string; title?: string }
  customer_side_storage?: Record<string, unknown>
  is_mobile?: boolean
  group_id?: number
  referrer?: string
  application?: o.Application & { channel_type?: string }
  /** API version without v to names of pushes, or `["all"]`. Default: all of the connection's version. */
  pushes?: Record<string, string[]>
}

/** The customer's own data. */
export interface Customer {
  id: string
  type?: 'customer'
  name?: string
  email?: string
  avatar?: string
  phone_number?: string
  session_fields?: Record<string, string>[]
  statistics?: Record<string, number>
}

export interface LoginResponse {
  customer: Customer
  has_active_thread: boolean
  chats: { chat_id: string; has_unread_events: boolean; has_active_thread?: boolean }[]
  greeting?: Greeting
}

/** An invitation to chat. */
export interface Greeting {
  /** The template's id. */
  id: number
  unique_id: string
  accepted?: boolean
  displayed_first_time: boolean
  addon?: string
  subtype?: string
  is_exit_intent?: boolean
  event: { type: string; text?: string; [field: string]: unknown }
  agent: { id: string; name: string; avatar?: string; job_title?: string; is_bot?: boolean }
}

export interface StartChatRequest {
  chat?: { properties?: o.Properties; access?: o.Access; thread?: o.InitialThread }
  /** `false` makes a thread that is closed at once. Default `true`. */
  active?: boolean
  /** `true` lifts the need for somebody to be online. Default `false`. */
  continuous?: boolean
}

export interface StartChatResponse {
  chat_id: string
  thread_id: string
  /** Of the events in the request. */
  event_ids?: string[]
}

export interface ResumeChatRequest {
  chat: { id: string; properties?: o.Properties; access?: o.Access; thread?: o.InitialThread }
  active?: boolean
  continuous?: boolean
}

export interface ResumeChatResponse {
  thread_id: string
  event_ids?: string[]
}

export interface DeactivateChatRequest {
  /** The chat's id. */
  id: string
}

export interface SendEventRequest {
  chat_id: string
  event: o.EventInput
  /** `true` adds to the last thread of an inactive chat. Default `false`: such a call fails. */
  attach_to_last_thread?: boolean
}

export interface SendEventResponse {
  event_id: string
}

export interface ListChatsRequest {
  /** 1 to 25. Default 10. */
  limit?: number
  sort_order?: 'asc' | 'desc'
  /** From an earlier answer; not together with other fields. */
  page_id?: string
}

/** A chat without its threads. */
export interface ChatSummary {
  id: string
  active: boolean
  users: o.User[]
  last_thread_id?: string
  /** RFC 3339. */
  last_thread_created_at?: string
  /** By type of event. */
  last_event_per_type?: Record<string, o.LastEvent>
  properties?: o.Properties
  access?: o.Access
}

export interface ListChatsResponse extends o.Page {
  chats_summary: ChatSummary[]
  /** An estimate. */
  total_chats: number
}

export interface ListThreadsRequest {
  chat_id: string
  sort_order?: 'asc' | 'desc'
  /** Threads per page, 1 to 100. Default 3. Not with `min_events_count`. */
  limit?: number
  /** From an earlier answer; not with `limit` or `sort_order`. */
  page_id?: string
  /** As many threads as have this many events in all, 1 to 100. */
  min_events_count?: number
}

export interface ListThreadsResponse extends o.Page {
  threads: o.Thread[]
  found_threads: number
}

export interface GetChatRequest {
  chat_id: string
  /** Default: the newest. */
  thread_id?: string
}

export interface SendSneakPeekRequest {
  chat_id: string
  sneak_peek_text: string
}

export interface MarkEventsAsSeenRequest {
  chat_id: string
  /** RFC 3339: the `created_at` of the last event seen, as it came. */
  seen_up_to: string
}

/** At least one field. */
export interface UpdateCustomerRequest {
  name?: string
  email?: string
  avatar?: string
  session_fields?: Record<string, string>[]
}

/** What the server tells a customer without being asked, by action. */
export interface CustomerPushes {
  incoming_chat: {
    requester_id?: string
    chat: o.Chat & { thread: o.Thread; transferred_from?: o.TransferTarget }
  }
  chat_deactivated: { chat_id: string; thread_id: string; user_id?: string }
  chat_transferred: {
    chat_id: string
    thread_id?: string
    reason?: string
    requester_id?: string
    transferred_to: o.TransferTarget
    queue?: o.Queue
  }
  user_added_to_chat: { chat_id: string; thread_id?: string; user: o.User; reason: string; requester_id?: string }
  user_removed_from_chat: { chat_id: string; thread_id?: string; user_id: string; reason: string; requester_id?: string }
  incoming_event: { chat_id: string; thread_id: string; event: o.ThreadEvent }
  event_updated: { chat_id: string; thread_id: string; event: o.ThreadEvent }
  event_deleted: { chat_id: string; thread_id: string; event_id: string }
  events_marked_as_seen: { chat_id: string; user_id: string; seen_up_to: string }
  incoming_typing_indicator: { chat_id: string; thread_id: string; typing_indicator: o.TypingIndicator }
  queue_position_updated: { chat_id: string; thread_id: string; queue: o.Queue }
  customer_updated: Partial<Customer> & { id: string }
  customer_side_storage_updated: { customer_side_storage: Record<string, unknown> }
  groups_status_updated: { groups: { id: number; status: 'online' | 'online_for_queue' | 'offline' }[] }
  incoming_greeting: Greeting
  customer_disconnected: { reason: string; data?: { region?: string; timeout?: number } }
}

/** What a customer's model does; see `ClientModel.act`. Texts are plain text. */
export interface CustomerActs {
  /** Sends a line: starts a chat when there is none, resumes one that is closed. `chat_id` defaults to the newest chat. */
  send: { text: string; chat_id?: string }
  /** Starts a chat without a line. */
  start: Empty
  /** Closes the active thread. */
  close: { chat_id: string }
  /** Shows the agent what is being typed; at most one request a second goes out. */
  sneak_peek: { chat_id: string; text: string }
  /** Everything up to now was seen. */
  seen: { chat_id: string }
  /** Sends a failed line again. */
  retry: { chat_id: string; key: string }
  /** Takes a failed line away. */
  discard: { chat_id: string; key: string }
  update_customer: { name?: string; email?: string }
}

type Empty = o.Empty

/**
 * A customer's connection. Made by `RTM.customer`; it connects when `login` is called and from then on stays connected
 * by itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface CustomerClient extends Client<CustomerPushes, CustomerActs> {
  /** Connects, gets a token and logs in. Must come before the other methods, which then wait for it. */
  login(request?: LoginRequest, init?: CallInit): Promise<LoginResponse>
  /** Starts the customer's chat; `incoming_chat` follows. A customer has one chat: later threads are made by `resumeChat`. */
  startChat(request?: StartChatRequest, init?: CallInit): Promise<StartChatResponse>
  /** Opens a new thread in an inactive chat; `incoming_chat` follows. */
  resumeChat(request: ResumeChatRequest, init?: CallInit): Promise<ResumeChatResponse>
  /** Closes the active thread; `chat_deactivated` follows. */
  deactivateChat(request: DeactivateChatRequest, init?: CallInit): Promise<Empty>
  /** Adds an event to the active thread; `incoming_event` follows, on this connection too. */
  sendEvent(request: SendEventRequest, init?: CallInit): Promise<SendEventResponse>
  /** A page of the customer's chats, newest thread first. */
  listChats(request?: ListChatsRequest, init?: CallInit): Promise<ListChatsResponse>
  /** A page of a chat's threads with their events, newest first. */
  listThreads(request: ListThreadsRequest, init?: CallInit): Promise<ListThreadsResponse>
  /** A chat with one of its threads. */
  getChat(request: GetChatRequest, init?: CallInit): Promise<o.Chat>
  /** Shows the agents what the customer is typing. */
  sendSneakPeek(request: SendSneakPeekRequest, init?: CallInit): Promise<Empty>
  /** Moves the customer's seen mark. */
  markEventsAsSeen(request: MarkEventsAsSeenRequest, init?: CallInit): Promise<Empty>
  /** Changes the customer's own data; `customer_updated` follows. */
  updateCustomer(request: UpdateCustomerRequest, init?: CallInit): Promise<Empty>
  /** Asks the server for a sign of life. The core does so by itself. */
  ping(init?: CallInit): Promise<Empty>
}

/** The client as it is made by `RTM`. */
export class CustomerConnection extends Connection<CustomerPushes, CustomerActs> implements CustomerClient {
  login(request?: LoginRequest, init?: CallInit): Promise<LoginResponse> {
    return this.call('login', request, init)
  }
  startChat(request?: StartChatRequest, init?: CallInit): Promise<StartChatResponse> {
    return this.call('start_chat', request, init)
  }
  resumeChat(request: ResumeChatRequest, init?: CallInit): Promise<ResumeChatResponse> {
    return this.call('resume_chat', request, init)
  }
  deactivateChat(request: DeactivateChatRequest, init?: CallInit): Promise<Empty> {
    return this.call('deactivate_chat', request, init)
  }
  sendEvent(request: SendEventRequest, init?: CallInit): Promise<SendEventResponse> {
    return this.call('send_event', request, init)
  }
  listChats(request?: ListChatsRequest, init?: CallInit): Promise<ListChatsResponse> {
    return this.call('list_chats', request, init)
  }
  listThreads(request: ListThreadsRequest, init?: CallInit): Promise<ListThreadsResponse> {
    return this.call('list_threads', request, init)
  }
  getChat(request: GetChatRequest, init?: CallInit): Promise<o.Chat> {
    return this.call('get_chat', request, init)
  }
  sendSneakPeek(request: SendSneakPeekRequest, init?: CallInit): Promise<Empty> {
    return this.call('send_sneak_peek', request, init)
  }
  markEventsAsSeen(request: MarkEventsAsSeenRequest, init?: CallInit): Promise<Empty> {
    return this.call('mark_events_as_seen', request, init)
  }
  updateCustomer(request: UpdateCustomerRequest, init?: CallInit): Promise<Empty> {
    return this.call('update_customer', request, init)
  }
  ping(init?: CallInit): Promise<Empty> {
    return this.call('ping', {}, init)
  }
}
