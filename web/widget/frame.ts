import { adorn, command, detail, plain } from './command.ts'
import { RTMChatElement } from './define.ts'
import { eventNames } from './event-names.ts'
import type { Hello, ToFrame, ToPage } from './frame-messages.ts'
import type { Identity } from './rtm-chat-element.ts'

// The page inside the frame that the snippet puts into pages of other origins. Who may hold it is up to the policy that it
// is served with; it talks to that page alone, over the channel that came with its first message.

addEventListener('message', function hello({ source, data, ports: [port] }: MessageEvent<Hello>) {
  if (source !== parent || data?.rtmChat !== 1 || !port) return
  removeEventListener('message', hello)
  begin(data, port)
})

function begin({ given, page, screen }: Hello, port: MessagePort): void {
  const chat = new RTMChatElement()
  const say = (message: ToPage) => port.postMessage(message)
  const tokens = new Map<number, { resolve(token: never): void; reject(cause: Error): void }>()
  let lastToken = 0

  /** A token that the page's script gets is asked for over the channel: functions do not go through it. */
  const identity = ({ getToken, ...rest }: Identity): Identity => getToken === undefined ? rest : {
    ...rest,
    getToken: fresh => new Promise((resolve, reject) => {
      const id = ++lastToken
      tokens.set(id, { resolve, reject })
      say({ type: 'needToken', id, fresh })
    }),
  }

  const run = async ({ id, name, args }: ToFrame & { type: 'run' }) => {
    try {
      const value = await command(chat, name, name === 'identify' ? [identity(args[0] as Identity)] : args)
      say({ type: 'done', id, value })
    } catch (cause) {
      say({ type: 'done', id, error: plain(cause) })
    }
  }

  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    switch (data.type) {
      case 'run':
        void run(data)
        break
      case 'token':
        if (data.error === undefined) tokens.get(data.id)?.resolve(data.token as never)
        else tokens.get(data.id)?.reject(new Error(data.error))
        tokens.delete(data.id)
        break
      case 'screen':
        chat.layout = data.screen ? 'screen' : 'panel'
        break
    }
  }

  let height = 0
  const size = () => say({
    type: 'size', height,
    state: chat.visibility === 'hidden' ? 'hidden' : chat.open ? 'panel' : height ? 'greeting' : 'launcher',
  })
  const heights = new ResizeObserver(() => {
    const now = chat.shadowRoot?.querySelector('.invitation')?.scrollHeight ?? 0
    if (now === height) return
    height = now
    size()
  })
  for (const name of eventNames) {
    chat.addEventListener(`rtm-chat-${name}`, event => {
      if (name === 'visibility') size()
      if (name === 'greeting') {
        const invitation = chat.shadowRoot?.querySelector('.invitation')
        if (invitation) heights.observe(invitation)
      }
      say({ type: 'event', name, detail: detail(event) })
    })
  }

  document.documentElement.lang = given['lang'] ?? ''
  document.documentElement.dir = given['dir'] ?? ''
  adorn(chat, given)
  chat.layout = screen ? 'screen' : 'panel'
  document.body.append(chat)
  chat.setPage(page)
  size()
}
