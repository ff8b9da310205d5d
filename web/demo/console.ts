import '../console/define.ts'
import { agentToken, organizationId } from './config.ts'

for (const element of document.querySelectorAll('rtm-console')) {
  element.organizationId = organizationId
  element.token = agentToken(location.search)
}
