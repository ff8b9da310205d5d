import { RTMChatElement } from './rtm-chat-element.ts'

if (globalThis.customElements && !customElements.get('rtm-chat')) customElements.define('rtm-chat', RTMChatElement)

export { RTMChatElement }
export * from './events.ts'
export type { Layout } from './dialog.ts'
export type { Identity } from './rtm-chat-element.ts'
export type { Page } from './settings.ts'
