// Everything of the element's API, for the compiler alone.
import { RTMChatElement, RTMChatMessageEvent, type Identity, type Layout, type Visibility } from 'rtmwidget/widget'

const identity: Identity = { name: 'Ida', getToken: async fresh => (fresh ? 'dal:b' : 'dal:a') }

export async function use(): Promise<Visibility> {
  const chat: RTMChatElement = document.createElement('rtm-chat')
  chat.organizationId = 'o'
  chat.group = 1
  chat.layout = 'screen' satisfies Layout
  // @ts-expect-error: no such layout
  chat.layout = 'page'
  chat.identify(identity)
  chat.setSessionFields({ basket: '2' })
  chat.addEventListener('rtm-chat-unread', ({ count }) => document.title = String(count))
  chat.addEventListener('rtm-chat-message', event => event satisfies RTMChatMessageEvent)
  const { name } = await chat.call<{ name: string }>('get_customer')
  chat.show()
  document.body.append(chat, name)
  return chat.visibility
}
