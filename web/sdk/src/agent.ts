import { Connection, type Client, type ClientOptions } from './client.ts'
import { agentMethods, type AgentMethods } from './agent/methods.gen.ts'
import type { AgentPushes } from './agent/pushes.gen.ts'
import { addMethods } from './methods.ts'

// The Agent API: what somebody who answers chats does.

export type * from './agent/methods.gen.ts'
export type * from './agent/objects.gen.ts'
export type * from './agent/pushes.gen.ts'
export type * from './agent/requests.gen.ts'

/** How an agent connects. There is no default source of tokens: give `token` or `getToken`. */
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
}

/**
 * An agent's connection. Made by `RTM.agent`; it connects when `login` is called and from then on stays connected
 * by itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface AgentClient extends Client<AgentPushes, AgentActs>, AgentMethods {}

export interface AgentConnection extends AgentMethods {}

/** The client as it is made by `RTM`. */
export class AgentConnection extends Connection<AgentPushes, AgentActs> implements AgentClient {
  static {
    addMethods(this.prototype, agentMethods)
  }
}
