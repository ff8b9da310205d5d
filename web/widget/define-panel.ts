import { RTMChatPanelElement } from './rtm-chat-panel-element.ts'

if (!customElements.get('rtm-chat-panel')) customElements.define('rtm-chat-panel', RTMChatPanelElement)

declare global {
  interface HTMLElementTagNameMap {
    'rtm-chat-panel': RTMChatPanelElement
  }
}
