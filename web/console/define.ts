import { RTMConsoleElement } from './rtm-console-element.ts'

if (!customElements.get('rtm-console')) customElements.define('rtm-console', RTMConsoleElement)

export { RTMConsoleElement }
