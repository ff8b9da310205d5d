import type { DirectiveResult } from 'lit/directive.js'
import { canStore, type ModelChat, type ModelState } from 'rtmwidget'
import type { Postback } from './buttons.ts'
import { composer, fit } from './composer.ts'
import { Draft } from './draft.ts'
import { EmojiPicker } from './emoji.ts'
import { room } from './limit.ts'
import type { Panel } from './panel-host.ts'
import type { Reader } from './reader.ts'
import { reason } from './reason.ts'
import { Redraw } from './redraw.ts'
import type { Settings } from './settings.ts'
import { unsent, vanished } from './unsent.ts'
import { refusal, Uploads } from './uploads.ts'

/** How long a sneak peek waits for more, in milliseconds: it is not worth a message to the core with each key. */
const peekAfter = 200

/** Writer is what the customer writes: the draft, lines and files on their way, and what goes wrong with them. */
export class Writer {
  readonly #panel: Panel
  readonly #reader: Reader
  readonly #uploads = new Uploads(() => this.#panel.strings)
  readonly #emoji: EmojiPicker
  readonly #field = new Redraw()
  #draft = new Draft('')
  /** Enter was pressed before the core was there. */
  #held = false
  #restarting = false
  /** The sneak peek that is due. */
  #peek: ReturnType<typeof setTimeout> | undefined
  /** Why the last thing was not taken. */
  notice = ''
  /** Files are held over the panel. */
  dropping = false

  constructor(panel: Panel, reader: Reader) {
    this.#panel = panel
    this.#reader = reader
    this.#emoji = new EmojiPicker(panel, selector => panel.find(selector))
  }

  /** Whether there is a field to write in. */
  get writable(): boolean {
    const { chat } = this.#panel.session
    return !chat || chat.active || this.#restarting
  }

  /** began sends what was held back. */
  began(): void {
    if (this.#held) this.send()
  }

  changed(before: ModelState): void {
    const { chat, live, state } = this.#panel.session
    this.#draft.add(vanished(before, state))
    if (chat?.active) this.#restarting = false
    if ((chat || live) && this.#draft.chat(chat?.id ?? '')) void this.#panel.updateComplete.then(() => fit(this.#textarea))
  }

  /** clear ends what belongs to a connection; the draft stays. */
  clear(): void {
    this.notice = ''
    this.#restarting = false
    this.#uploads.clear()
    this.#stopPeek()
  }

  /** writesTo takes up what was written for a conversation, and drops what was for another one. */
  writesTo({ server = '', organizationId, clientId = '' }: Settings): void {
    this.#draft = new Draft([server, organizationId, clientId].join(' '))
    this.#held = false
  }

  /** rescue keeps what would go away with the connection; where the browser stores it, it is sent again by itself. */
  rescue(): void {
    if (!canStore()) this.#draft.add(unsent(this.#panel.session.state.chats))
  }

  get #textarea(): HTMLTextAreaElement | null {
    return this.#panel.find<HTMLTextAreaElement>('.composer .field textarea')
  }

  say(text: string, postback?: Postback): void {
    const { client, chat } = this.#panel.session
    this.#reader.newKey = undefined
    this.notice = ''
    client?.model.act('send', { text, ...(chat && { chat_id: chat.id }), ...(postback && { postback }) }).catch((cause: unknown) => {
      this.fail(cause)
      this.#draft.text ||= text
    })
    this.#reader.toEnd()
    this.#panel.requestUpdate()
  }

  send(): void {
    const text = this.#draft.text.trim()
    if (!text) return
    const { session } = this.#panel
    this.#held = !session.client
    if (!session.client) return void session.connect()
    this.#draft.text = ''
    this.#stopPeek()
    this.say(text)
    void this.#panel.updateComplete.then(() => fit(this.#textarea))
  }

  /** fail says why something did not go out. */
  fail(cause: unknown): void {
    this.notice = this.#panel.strings.notSentReason(reason(cause, this.#panel.strings))
    this.#panel.requestUpdate()
  }

  restart(): void {
    this.#restarting = true
    this.#panel.requestUpdate()
  }

  retry(chat: ModelChat, key: string): void {
    const upload = chat.timeline.find(item => item.key === key)?.upload
    if (!upload || !this.#uploads.retry(key)) this.#panel.session.act('retry', { chat_id: chat.id, key })
  }

  discard(chat: ModelChat, key: string): void {
    this.#uploads.cancel(key)
    this.#panel.session.act('discard', { chat_id: chat.id, key })
  }

  onDrag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files') || !this.writable) return
    event.preventDefault()
    const { type, currentTarget, relatedTarget } = event
    const inside = relatedTarget instanceof Node && (currentTarget as Node).contains(relatedTarget)
    this.dropping = type === 'dragover' || type === 'dragenter' || (type === 'dragleave' && inside)
    if (type === 'drop') this.#sendFiles([...event.dataTransfer.files])
    this.#panel.requestUpdate()
  }

  composer(): DirectiveResult {
    return this.#field.view(() => {
      const { strings, session } = this.#panel
      return composer({
        value: this.#draft.text, label: strings.write, strings, notice: this.notice, emoji: this.#emoji,
        input: text => this.#type(text), send: () => this.send(),
        ...(session.client && { files: (files: Iterable<File>) => this.#sendFiles(files) }),
      })
    })
  }

  #type(text: string): void {
    this.#draft.text = text
    this.#field.now()
    this.#peek ??= setTimeout(() => {
      this.#peek = undefined
      this.#sendPeek()
    }, peekAfter)
  }

  #sendPeek(): void {
    const { chat } = this.#panel.session
    const { text } = this.#draft
    if (chat?.active && room(text) >= 0) this.#panel.session.act('sneak_peek', { chat_id: chat.id, text })
  }

  #stopPeek(): void {
    clearTimeout(this.#peek)
    this.#peek = undefined
  }

  #sendFiles(files: Iterable<File>): void {
    const { client, chat } = this.#panel.session
    if (!client) return
    const refusals: string[] = []
    for (const file of files) {
      const why = refusal(file, this.#panel.strings)
      if (why) refusals.push(why)
      else this.#uploads.add(client, chat?.id, file)
    }
    this.notice = refusals.join(' ')
    this.#reader.toEnd()
    this.#panel.requestUpdate()
  }
}
