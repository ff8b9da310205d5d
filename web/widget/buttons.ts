import type { ReactiveControllerHost } from 'lit'
import type { CustomerClient, ModelChat, ModelGreeting, ModelItem, customer } from 'rtmwidget'
import { raw } from './raw.ts'
import type { Button } from './rich.ts'

export type Postback = customer.Postback

export interface ButtonsHost {
  client: () => CustomerClient | undefined
  me: () => string | undefined
  send: (text: string, postback?: Postback) => void
  fail: (cause: unknown) => void
}

/**
 * Buttons does what the buttons of rich messages say and tells the server. A link is followed by the browser itself; that
 * the server does not hear of it is no reason to stop the reader.
 */
export class Buttons {
  readonly #host: ReactiveControllerHost
  readonly #to: ButtonsHost
  /** What was toggled here, until the event tells: then it is another. */
  readonly #toggled = new Map<string, { on: boolean; event: unknown }>()
  readonly #declined = new Set<string>()
  /** Counts what changes the drawing. */
  version = 0

  constructor(host: ReactiveControllerHost, to: ButtonsHost) {
    this.#host = host
    this.#to = to
  }

  press(chat: ModelChat, item: ModelItem, button: Button): void {
    const { id: event_id } = raw(item.event)
    const client = this.#to.client()
    if (!event_id || !client) return
    const { postbackId: id, type, value } = button
    if (type === 'message') {
      const kind = value ? { type, value } : {}
      return this.#to.send(value.trim() ? value : button.text, { id, thread_id: item.thread_id, event_id, ...kind })
    }
    if (type === 'copy') void navigator.clipboard?.writeText(value).catch(this.#to.fail)
    if (type === 'cancel') this.#declined.add(item.key)
    const toggled = type ? true : !this.pressed(item, button)
    const key = `${item.key} ${id}`
    if (!type) this.#toggled.set(key, { on: toggled, event: item.event })
    this.#changed()
    client.sendRichMessagePostback({
      chat_id: chat.id, thread_id: item.thread_id, event_id,
      postback: { id, toggled, ...(type && value ? { button_type: type, button_value: value } : {}) },
    }).catch((cause: unknown) => {
      if (type) return
      this.#toggled.delete(key)
      this.#changed()
      this.#to.fail(cause)
    })
  }

  pressGreeting(greeting: ModelGreeting, button: Button): void {
    const { buttonId, type, value } = button
    if (buttonId) this.#to.client()?.sendGreetingButtonClicked({ greeting_unique_id: greeting.unique_id, button_id: buttonId }).catch(() => {})
    if (type === 'copy') void navigator.clipboard?.writeText(value).catch(this.#to.fail)
    if (type === 'message' || !type) this.#to.send(type && value.trim() ? value : button.text)
  }

  /** Whether a plain button is on. */
  pressed(item: ModelItem, button: Button): boolean {
    const own = this.#toggled.get(`${item.key} ${button.postbackId}`)
    return own?.event === item.event ? own.on : button.users.includes(this.#to.me())
  }

  declined(item: ModelItem): boolean {
    return this.#declined.has(item.key)
  }

  clear(): void {
    this.#toggled.clear()
    this.#declined.clear()
    this.#changed()
  }

  #changed(): void {
    this.version++
    this.#host.requestUpdate()
  }
}
