import { Connection, type CallInit, type Client, type ClientOptions } from './client.ts'
import type * as o from './objects.ts'

// The Agent API, version 3.6: what somebody who answers chats does.

/** How an agent connects. There is no default source of tokens: give `token` or `getToken`. */
export interface AgentOptions extends ClientOptions {
  /** The organization, where the server wants it in the address. */
  organizationId?: string
}

export type RoutingStatusName = 'accepting_chats' | 'not_accepting_chats' | 'offline'

export interface LoginRequest {
  /** IANA name. */
  timezone?: string
  /** `true` restores the last routing status. Default `false`: the account's default. */
  reconnect?: boolean
  application?: o.Application
  /** `true` starts this connection as away. */
  away?: boolean
  customer_monitoring_level?: 'my' | 'chatting' | 'invited' | 'online' | 'highest_available'
  /** API version without v to names of pushes, or `["all"]`. Default: all of the connection's version. */
  pushes?: Record<string, string[]>
}

/** The agent who is logged in. */
export interface MyProfile {
  id: string
  type: 'agent'
  name: string
  email: string
  present?: boolean
  avatar?: string
  routing_status?: RoutingStatusName
  permission: 'owner' | 'viceowner' | 'administrator' | 'normal'
}

export interface License {
  id: string
  organization_id: string
  plan: string
  /** Unix seconds. */
  expiration_timestamp: number
  /** Unix seconds. */
  creation_timestamp: number
  in_trial: boolean
}

/** A chat without its threads. */
export interface ChatSummary {
  id: string
  users: o.User[]
  /** Absent for a chat without threads. */
  last_thread_summary?: {
    id: string
    /** RFC 3339. */
    created_at: string
    user_ids: string[]
    active: boolean
    properties?: o.Properties
    access?: o.Access
    queue?: o.Queue
    tags?: string[]
  }
  /** By type of event. */
  last_event_per_type?: Record<string, o.LastEvent>
  properties?: o.Properties
  access?: o.Access
  is_followed: boolean
}

export interface LoginResponse {
  license: License
  my_profile: MyProfile
  chats_summary: ChatSummary[]
}

export interface ListChatsRequest {
  filters?: { active?: boolean | null; include_chats_without_threads?: boolean; group_ids?: number[] }
  sort_order?: 'asc' | 'desc'
  /** 1 to 100. Default 10. */
  limit?: number
  /** From an earlier answer; not together with other fields. */
  page_id?: string
}

export interface ListChatsResponse extends o.Page {
  chats_summary: ChatSummary[]
  /** An estimate. */
  found_chats: number
}

export interface ListThreadsRequest {
  chat_id: string
  sort_order?: 'asc' | 'desc'
  /** Threads per page, 1 to 100. Default 3. Not with `min_events_count`. */
  limit?: number
  page_id?: string
  min_events_count?: number
  /** RFC 3339 bounds. */
  filters?: { from?: string; to?: string }
}

export interface ListThreadsResponse extends o.Page {
  threads: o.Thread[]
  found_threads: number
}

export interface GetChatRequest {
  chat_id: string
  thread_id?: string
}

export interface SendEventRequest {
  chat_id: string
  event: o.EventInput
}

export interface SendEventResponse {
  event_id: string
}

export interface DeactivateChatRequest {
  /** The chat's id. */
  id: string
  /** `true` lifts the rule that the requester be a user of the chat. */
  ignore_requester_presence?: boolean
}

export interface ResumeChatRequest {
  chat: {
    id: string
    properties?: o.Properties
    access?: o.Access
    users?: { id: string; type: 'agent' | 'customer' }[]
    thread?: o.InitialThread & { tags?: string[] }
  }
  active?: boolean
  continuous?: boolean
}

export interface ResumeChatResponse {
  thread_id: string
  event_ids?: string[]
}

export interface SendTypingIndicatorRequest {
  chat_id: string
  is_typing: boolean
  visibility?: 'all' | 'agents'
}

export interface MarkEventsAsSeenRequest {
  chat_id: string
  /** RFC 3339, not in the future: the `created_at` of the last event seen, as it came. */
  seen_up_to: string
}

export interface SetRoutingStatusRequest {
  /** `offline` for bots only. */
  status: RoutingStatusName
  /** Default: the requester. */
  agent_id?: string
}

export interface RoutingStatus {
  agent_id: string
  status: RoutingStatusName
}

export interface ListRoutingStatusesRequest {
  filters?: { group_ids?: number[] }
}

export interface LogoutRequest {
  /** Default: the requester. */
  agent_id?: string
}

/** What the server tells an agent without being asked, by action. */
export interface AgentPushes {
  incoming_chat: {
    requester_id?: string
    chat: o.Chat & { thread: o.Thread }
    transferred_from?: o.TransferTarget
  }
  chat_deactivated: { chat_id: string; thread_id: string; user_id?: string }
  chat_transferred: {
    chat_id: string
    thread_id?: string
    requester_id?: string
    reason: string
    transferred_to: o.TransferTarget
    queue?: o.Queue
  }
  user_added_to_chat: { chat_id: string; thread_id?: string; user: o.User; reason: string; requester_id?: string }
  user_removed_from_chat: { chat_id: string; thread_id?: string; user_id: string; reason: string; requester_id?: string }
  incoming_event: { chat_id: string; thread_id: string; event: o.ThreadEvent }
  event_updated: { chat_id: string; thread_id: string; event: o.ThreadEvent }
  event_deleted: { chat_id: string; thread_id: string; event_id: string }
  events_marked_as_seen: { chat_id: string; user_id: string; seen_up_to: string }
  incoming_sneak_peek: { chat_id: string; thread_id: string; sneak_peek: o.SneakPeek }
  incoming_typing_indicator: { chat_id: string; thread_id: string; typing_indicator: o.TypingIndicator }
  queue_positions_updated: { chat_id: string; thread_id: string; queue: o.Queue }[]
  incoming_customers: { customer_monitoring_level: string; customers: o.CustomerUser[] }
  customer_updated: { id: string; name?: string; email?: string; avatar?: string; [field: string]: unknown }
  routing_status_set: RoutingStatus
  agent_disconnected: { reason: string; data?: unknown }
}

/** What an agent's model does; see `ClientModel.act`. Texts are plain text. */
export interface AgentActs {
  /** Loads the threads of a chat. */
  open: { chat_id: string }
  /** Sends a line. */
  send: { chat_id: string; text: string }
  typing: { chat_id: string; is_typing: boolean }
  /** Everything up to now was seen. */
  seen: { chat_id: string }
  /** Closes the active thread. */
  close: { chat_id: string }
  /** Sends a failed line again. */
  retry: { chat_id: string; key: string }
  /** Takes a failed line away. */
  discard: { chat_id: string; key: string }
}

type Empty = o.Empty

/**
 * An agent's connection. Made by `RTM.agent`; it connects when `login` is called and from then on stays connected by
 * itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface AgentClient extends Client<AgentPushes, AgentActs> {
  /** Connects and logs in. Must come before the other methods, which then wait for it. */
  login(request?: LoginRequest, init?: CallInit): Promise<LoginResponse>
  /** Logs out; the server then closes the connection. */
  logout(request?: LogoutRequest, init?: CallInit): Promise<Empty>
  /** A page of the chats that the agent may see, newest thread first. */
  listChats(request?: ListChatsRequest, init?: CallInit): Promise<ListChatsResponse>
  /** A page of a chat's threads with their events, newest first. */
  listThreads(request: ListThreadsRequest, init?: CallInit): Promise<ListThreadsResponse>
  /** A chat with one of its threads. */
  getChat(request: GetChatRequest, init?: CallInit): Promise<o.Chat>
  /** Adds an event to the active thread; `incoming_event` follows, on this connection too. */
  sendEvent(request: SendEventRequest, init?: CallInit): Promise<SendEventResponse>
  /** Closes the active thread; `chat_deactivated` follows. */
  deactivateChat(request: DeactivateChatRequest, init?: CallInit): Promise<Empty>
  /** Opens a new thread in an inactive chat; `incoming_chat` follows. */
  resumeChat(request: ResumeChatRequest, init?: CallInit): Promise<ResumeChatResponse>
  /** Tells the chat that the agent types or stopped. */
  sendTypingIndicator(request: SendTypingIndicatorRequest, init?: CallInit): Promise<Empty>
  /** Moves the agent's seen mark. */
  markEventsAsSeen(request: MarkEventsAsSeenRequest, init?: CallInit): Promise<Empty>
  /** Says whether the agent takes new chats; `routing_status_set` follows. */
  setRoutingStatus(request: SetRoutingStatusRequest, init?: CallInit): Promise<Empty>
  /** The routing status of agents and bots. */
  listRoutingStatuses(request?: ListRoutingStatusesRequest, init?: CallInit): Promise<RoutingStatus[]>
  /** Asks the server for a sign of life. The core does so by itself. */
  ping(init?: CallInit): Promise<Empty>
}

/** The client as it is made by `RTM`. */
export class AgentConnection extends Connection<AgentPushes, AgentActs> implements AgentClient {
  login(request?: LoginRequest, init?: CallInit): Promise<LoginResponse> {
    return this.call('login', request, init)
  }
  logout(request?: LogoutRequest, init?: CallInit): Promise<Empty> {
    return this.call('logout', request, init)
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
  sendEvent(request: SendEventRequest, init?: CallInit): Promise<SendEventResponse> {
    return this.call('send_event', request, init)
  }
  deactivateChat(request: DeactivateChatRequest, init?: CallInit): Promise<Empty> {
    return this.call('deactivate_chat', request, init)
  }
  resumeChat(request: ResumeChatRequest, init?: CallInit): Promise<ResumeChatResponse> {
    return this.call('resume_chat', request, init)
  }
  sendTypingIndicator(request: SendTypingIndicatorRequest, init?: CallInit): Promise<Empty> {
    return this.call('send_typing_indicator', request, init)
  }
  markEventsAsSeen(request: MarkEventsAsSeenRequest, init?: CallInit): Promise<Empty> {
    return this.call('mark_events_as_seen', request, init)
  }
  setRoutingStatus(request: SetRoutingStatusRequest, init?: CallInit): Promise<Empty> {
    return this.call('set_routing_status', request, init)
  }
  listRoutingStatuses(request?: ListRoutingStatusesRequest, init?: CallInit): Promise<RoutingStatus[]> {
    return this.call('list_routing_statuses', request, init)
  }
  ping(init?: CallInit): Promise<Empty> {
    return this.call('ping', {}, init)
  }
}
