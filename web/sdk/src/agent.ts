import { Connection, type Client, type ClientOptions } from './client.ts'
import { agentMethods, type AgentMethods } from './agent/methods.gen.ts'
import type { Thread } from './agent/objects.gen.ts'
import type { AgentPushes } from './agent/pushes.gen.ts'
import { addMethods } from './methods.ts'

// The Agent API: what somebody who answers chats does.

export type * from './agent/methods.gen.ts'
export type * from './agent/objects.gen.ts'
export type * from './agent/pushes.gen.ts'
export type * from './agent/requests.gen.ts'

/** How an agent connects. There is no default source of tokens: give `token`, `getToken` or `identityProvider`. */
export interface AgentOptions extends ClientOptions {
  /** The organization, where the server wants it in the address. */
  organizationId?: string
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
  /** Loads threads older than those in the timeline, as long as the chat's `more` says so. The chat may grow beyond its usual bound then. */
  older: { chat_id: string }
  /** The reader is back at the end: what is old may be dropped from memory. */
  recent: { chat_id: string }
  /** Takes an error away: that of the chat, or without `chat_id` that of the state. */
  dismiss: { chat_id?: string }
  /** Shows a file that the page begins to upload; `key` is a new name for it, such as `crypto.randomUUID()`. */
  upload: { key: string; name: string; size: number; content_type?: string; chat_id: string }
  /** Shows how far it is; bytes. */
  upload_progress: { key: string; sent: number; size?: number }
  /** Sends the file. */
  upload_done: { key: string; url: string }
  upload_failed: { key: string; message?: string }
}

/**
 * An agent's connection. Made by `RTM.agent`; it connects when `login` is called and from then on stays connected
 * by itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface AgentClient extends Client<AgentPushes, AgentActs, Thread>, AgentMethods {}

/** @internal */
export interface AgentConnection extends AgentMethods {}

/**
 * The client as it is made by `RTM`.
 * @internal
 */
export class AgentConnection extends Connection<AgentPushes, AgentActs, Thread> implements AgentClient {
  static {
    addMethods(this.prototype, agentMethods)
  }
}
