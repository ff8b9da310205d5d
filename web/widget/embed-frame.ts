import type { Place, Tell } from './command.ts'
import type { Hello, ToFrame, ToPage } from './frame-messages.ts'
import { whenMoved } from './route.ts'
import type { Identity } from './rtm-chat-element.ts'

/** Where a page's panel covers the screen. */
const phone = '(max-width: 480px), (max-height: 440px)'

/** Room that the launcher, the greeting and the panel need with their shadows, in pixels. */
const launcher = 100
const greeting = { width: 390, above: 112 }
const panel = { width: 444, height: 776 }

/** FramePlace holds the element in a frame of the server's origin, and says to it what the page says. */
export class FramePlace implements Place {
  readonly #frame = document.createElement('iframe')
  readonly #life = new AbortController()
  readonly #tell: Tell
  readonly #side: string
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(cause: unknown): void }>()
  readonly #phone = matchMedia(phone)
  #port: MessagePort | undefined
  /** What was said before the frame was there. */
  #early: ToFrame[] = []
  #last = 0
  #getToken: ((fresh: boolean) => unknown) | undefined
  #size: ToPage & { type: 'size' } = { type: 'size', state: 'launcher', height: 0 }

  constructor(url: URL, given: Readonly<Record<string, string>>, title: string, tell: Tell) {
    this.#tell = tell
    this.#side = given['position'] === 'start' ? 'inset-inline-start' : 'inset-inline-end'
    const { signal } = this.#life
    this.#frame.title = title
    this.#frame.allow = 'clipboard-write'
    this.#frame.src = url.href
    this.#frame.addEventListener('load', () => this.#greet(url.origin, given), { signal })
    this.#phone.addEventListener('change', () => {
      this.#say({ type: 'screen', screen: this.#phone.matches })
      this.#place()
    }, { signal })
    for (const type of ['resize', 'scroll']) visualViewport?.addEventListener(type, () => this.#place(), { signal })
    whenMoved(page => void this.run('setPage', [page]).catch(() => {}), signal)
    this.#place()
    document.body.append(this.#frame)
  }

  run(name: string, args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      try {
        this.#say({ type: 'run', id, name, args: name === 'identify' ? [this.#identity(args[0] as Identity)] : args })
      } catch (cause) {
        this.#waiting.delete(id)
        reject(cause)
      }
    })
  }

  destroy(): void {
    this.#life.abort()
    this.#port?.close()
    this.#frame.remove()
    for (const { reject } of this.#waiting.values()) reject(new Error('rtmChat: the widget was destroyed'))
    this.#waiting.clear()
  }

  /** identity keeps the functions here and leaves a mark in their place. */
  #identity({ getToken, identityProvider: provider, ...rest }: Identity): object {
    this.#getToken = provider
      ? async fresh => {
        if (fresh) await provider.invalidate()
        return !fresh && await provider.hasToken() ? provider.getToken() : provider.getFreshToken()
      }
      : getToken
    return this.#getToken ? { ...rest, getToken: true } : rest
  }

  /** greet gives the frame its end of a channel. Nobody else gets one: the address says of what origin it must be. */
  #greet(origin: string, given: Readonly<Record<string, string>>): void {
    const { port1, port2 } = new MessageChannel()
    this.#port?.close()
    this.#port = port1
    port1.onmessage = ({ data }: MessageEvent<ToPage>) => this.#receive(data)
    const hello: Hello = { rtmChat: 1, given, page: { url: location.href, title: document.title }, screen: this.#phone.matches }
    this.#frame.contentWindow?.postMessage(hello, origin, [port2])
    for (const message of this.#early) port1.postMessage(message)
    this.#early = []
  }

  #say(message: ToFrame): void {
    if (this.#port) this.#port.postMessage(message)
    else this.#early.push(message)
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'done': {
        const waiting = this.#waiting.get(message.id)
        this.#waiting.delete(message.id)
        if (message.error) waiting?.reject(Object.assign(new Error(message.error.message), { type: message.error.type }))
        else waiting?.resolve(message.value)
        break
      }
      case 'event':
        this.#tell(message.name, message.detail)
        break
      case 'size': {
        const opened = message.state === 'panel' && this.#size.state !== 'panel'
        this.#size = message
        this.#place()
        if (opened && document.activeElement !== this.#frame) this.#frame.focus()
        break
      }
      case 'needToken':
        void this.#token(message.id, message.fresh)
        break
    }
  }

  async #token(id: number, fresh: boolean): Promise<void> {
    try {
      this.#say({ type: 'token', id, token: await this.#getToken?.(fresh) })
    } catch (cause) {
      this.#say({ type: 'token', id, error: cause instanceof Error ? cause.message : String(cause) })
    }
  }

  /** place gives the frame the room that its content needs, and leaves the rest of the page to the page. */
  #place(): void {
    const { state, height } = this.#size
    const screen = state === 'panel' && this.#phone.matches
    const view = visualViewport
    const [width, tall] = state === 'panel' ? [panel.width, panel.height]
      : state === 'greeting' ? [greeting.width, height + greeting.above] : [launcher, launcher]
    const style: Record<string, string> = {
      display: state === 'hidden' ? 'none' : 'block', position: 'fixed', border: '0', 'z-index': '2147483000', 'color-scheme': 'normal',
      [this.#side]: '0', 'inset-block-end': screen ? 'auto' : '0', 'inset-block-start': screen ? `${view?.offsetTop ?? 0}px` : 'auto',
      'inline-size': screen ? '100%' : `min(${width}px, 100%)`,
      // A keyboard on the screen lies over the page, and the frame cannot see it.
      'block-size': screen ? (view && view.scale < 1.01 ? `${view.height}px` : '100dvh') : `min(${tall}px, 100dvh)`,
    }
    for (const [name, value] of Object.entries(style)) this.#frame.style.setProperty(name, value)
  }
}
