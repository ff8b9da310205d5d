import { Connection, type Client, type ClientOptions } from './client.ts'
import { customerMethods, type CustomerMethods } from './customer/methods.gen.ts'
import type { Postback, Thread } from './customer/objects.gen.ts'
import type { CustomerPushes } from './customer/pushes.gen.ts'
import { addMethods } from './methods.ts'
import type { Empty } from './objects.ts'

// The Customer API: what a visitor of a page does.

export type * from './customer/methods.gen.ts'
export type * from './customer/objects.gen.ts'
export type * from './customer/pushes.gen.ts'
export type * from './customer/requests.gen.ts'

/** How a customer connects. */
export interface CustomerOptions extends ClientOptions {
  /** The organization whose chat this is; a UUID. */
  organizationId: string
  /** The OAuth client id that the token is asked with. Default `rtmwidget`. */
  clientId?: string
}

/** What a customer's model does; see `ClientModel.act`. Texts are plain text. */
export interface CustomerActs {
  /** Sends a line: starts a chat when there is none, resumes one that is closed. `chat_id` defaults to the newest chat. */
  /** `postback` names the button of a rich message that the line answers. */
  send: { text: string; chat_id?: string; postback?: Postback }
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
  /** Loads threads older than those in the timeline, as long as the chat's `more` says so. The chat may grow beyond its usual bound then. */
  older: { chat_id: string }
  /** The reader is back at the end: what is old may be dropped from memory. */
  recent: { chat_id: string }
  /** Takes an error away: that of the chat, or without `chat_id` that of the state. */
  dismiss: { chat_id?: string }
  /** Shows a file that the page begins to upload; `key` is a new name for it, such as `crypto.randomUUID()`. */
  upload: { key: string; name: string; size: number; content_type?: string; chat_id?: string }
  /** Shows how far it is; bytes. */
  upload_progress: { key: string; sent: number; size?: number }
  /** Sends the file. */
  upload_done: { key: string; url: string }
  upload_failed: { key: string; message?: string }
  /** Rates the chat's newest thread; null takes the rating back. */
  rate: { chat_id: string; score: 0 | 1 | null; comment?: string }
  /** Asks for a blank form, which then is the state's `form`. `group_id` defaults to the customer's own group. */
  form: { type: 'prechat' | 'postchat' | 'ticket'; group_id?: number }
  /** Takes the form away. */
  form_cancel: Empty
  /** Sends a filled form: as the first event of a chat when there is none. `form_id` defaults to that of the state's `form`. */
  submit: { fields: object[]; form_id?: string; chat_id?: string }
  /** The greeting was seen. */
  greeting_accept: Empty
  /** Takes the greeting away. */
  greeting_cancel: Empty
}

/**
 * A customer's connection. Made by `RTM.customer`; it connects when `login` is called and from then on stays connected
 * by itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface CustomerClient extends Client<CustomerPushes, CustomerActs, Thread>, CustomerMethods {}

/** @internal */
export interface CustomerConnection extends CustomerMethods {}

/**
 * The client as it is made by `RTM`.
 * @internal
 */
export class CustomerConnection extends Connection<CustomerPushes, CustomerActs, Thread> implements CustomerClient {
  static {
    addMethods(this.prototype, customerMethods)
  }
}
