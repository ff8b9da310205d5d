import { RTMChatElement } from './rtm-chat-element.ts'

if (!customElements.get('rtm-chat')) customElements.define('rtm-chat', RTMChatElement)

export { RTMChatElement }
export { RTMChatCloseEvent, RTMChatMessageEvent, RTMChatOpenEvent } from './events.ts'
