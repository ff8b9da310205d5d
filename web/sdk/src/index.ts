/**
 * The LiveChat RTM protocol in the browser.
 *
 *     import { load } from 'rtmwidget'
 *     const customer = load().customer({ organizationId: '…' })
 *     customer.on('incoming_event', (push) => console.log(push.event))
 *     await customer.login()
 *     await customer.startChat({ chat: { thread: { events: [{ type: 'message', text: 'Hello' }] } } })
 *
 * @module
 */
export { load, type Loading, type LoadOptions, type RTM, type WebSocketClass } from './load.ts'
export { RTMError, type ErrorType, type LocalErrorType } from './error.ts'
export { systemDetails } from './system-details.ts'
export { applyPatch, emptyState } from './model.ts'
export { canStore } from './store.ts'
export type * from './model.ts'
export type * from './errors.gen.ts'
export type * from './objects.ts'
export type * as customer from './customer.ts'
export type * as agent from './agent.ts'
export type { CustomerActs, CustomerClient, CustomerOptions, CustomerPushes } from './customer.ts'
export type { AgentActs, AgentClient, AgentOptions, AgentPushes } from './agent.ts'
export type { CallInit, Client, ClientOptions, PushInfo } from './client.ts'
export type { HistoryInit } from './history.ts'
export type { IdentityProvider, Token, TokenInfo } from './token.ts'
export type { Upload, UploadInit } from './upload.ts'
