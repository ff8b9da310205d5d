import { Connection, type Client, type ClientOptions } from './client.ts'
import { customerMethods, type CustomerMethods } from './customer/methods.gen.ts'
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

/**
 * A customer's connection. Made by `RTM.customer`; it connects when `login` is called and from then on stays connected
 * by itself, logging in again after each reconnect. Every method rejects with an `RTMError`.
 */
export interface CustomerClient extends Client<CustomerPushes, CustomerActs>, CustomerMethods {}

export interface CustomerConnection extends CustomerMethods {}

/** The client as it is made by `RTM`. */
export class CustomerConnection extends Connection<CustomerPushes, CustomerActs> implements CustomerClient {
  static {
    addMethods(this.prototype, customerMethods)
  }
}
