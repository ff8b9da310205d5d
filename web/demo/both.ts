import '../widget/define.ts'
import '../console/define.ts'
import { agentToken, organizationId } from './config.ts'

const chat = document.querySelector('rtm-chat')
if (chat) chat.organizationId = organizationId
document.querySelector('[data-chat]')?.addEventListener('click', () => chat?.show())

const desk = document.querySelector('rtm-console')
if (desk) {
  desk.organizationId = organizationId
  desk.token = agentToken(location.search)
}
