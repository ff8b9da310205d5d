import { RTMChatElement } from './rtm-chat-element.ts'

if (globalThis.customElements && !customElements.get('rtm-chat')) customElements.define('rtm-chat', RTMChatElement)

export { RTMChatElement }
export * from './events.ts'
export type { Facts, Settings } from './panel-host.ts'
