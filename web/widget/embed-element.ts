import { adorn, command, detail, type Place, type Tell } from './command.ts'
import { eventNames } from './event-names.ts'

/** elementPlace puts the element into the page itself, which is of the server's origin. */
export async function elementPlace(given: Readonly<Record<string, string>>, tell: Tell): Promise<Place> {
  const { RTMChatElement } = await import('./define.ts')
  const chat = new RTMChatElement()
  adorn(chat, given)
  for (const name of eventNames) chat.addEventListener(`rtm-chat-${name}`, event => tell(name, detail(event)))
  document.body.append(chat)
  return {
    run: async (name, args) => command(chat, name, args),
    destroy: () => chat.destroy(),
  }
}
