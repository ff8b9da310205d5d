import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import { content, gone } from './content.ts'
import { fileBody, progressRow } from './file.ts'
import { formatDay, formatTime, hue, initials } from './format.ts'
import { formView, type Filled } from './form.ts'
import { estimate } from './estimate.ts'
import { group, seenKey, type Group, type Row, type Viewer } from './groups.ts'
import { linkify, safeURL } from './linkify.ts'
import { Memo } from './memo.ts'
import { link, picture } from './piece.ts'
import { previewCard, type Preview } from './previews.ts'
import { list, raw, str } from './raw.ts'
import { reason } from './reason.ts'
import { drawn, rich, type Button } from './rich.ts'
import type { StickToEnd } from './scroll.ts'
import { Window } from './window.ts'
import type { ModelChat, ModelItem, ModelUser } from 'rtmwidget'
import type { Strings } from './strings.ts'

export interface TimelineOptions {
  viewer: Viewer
  strings: Strings
  now: Date
  /** What the buttons of a message that was not sent do. */
  retry: (key: string) => void
  discard: (key: string) => void
  /** Where what is new begins. */
  newKey?: string | undefined
  /** Stops an upload; without it there is none. */
  cancel?: (key: string) => void
  /** There is no connection: what is to be sent waits. */
  waiting?: boolean
  /** What a button of a rich message does; without it they can't be used. */
  press?: (item: ModelItem, button: Button) => void
  /** Sends a form that was asked for in the conversation; without it there is none to fill in. */
  submit?: (formId: string, filled: Filled) => void
  pressed?: (item: ModelItem, button: Button) => boolean
  /** What is behind a link of a message, once it is known; without it links are only links. */
  preview?: (href: string) => Preview | undefined
  /** Whether a message's quick replies were turned down. */
  declined?: (item: ModelItem) => boolean
}

/** Timeline draws a chat's messages and who is typing. The element around it scrolls and is the log. */
export class Timeline {
  readonly #window: Window
  readonly #rows = new Memo<Row[]>()
  readonly #marks = new Memo<Marks>()

  constructor(host: ReactiveControllerHost, scroller: () => HTMLElement | null | undefined, stick: StickToEnd) {
    this.#window = new Window(host, scroller, stick, estimate)
  }

  /** Whether what comes into the page now is to be read out; to be asked before draw, each time. */
  get live(): boolean {
    return this.#window.live
  }

  /**
   * draw draws a chat. made is what else of the options makes it look another way: as long as all of that is the same, what
   * stands there already is left alone, and scrolling draws only the rows that come near.
   */
  draw(chat: ModelChat, made: readonly unknown[], options: () => TimelineOptions): unknown {
    return guard([chat, this.#window.version, ...made], () => this.#draw(chat, made, options()))
  }

  #draw(chat: ModelChat, made: readonly unknown[], options: TimelineOptions): TemplateResult {
    const { strings: s, viewer, newKey, now } = options
    // Only what they are made of: a chat is another with each sign of somebody typing.
    const people = JSON.stringify(chat.users.map(user => [user.id, user.type]))
    const seen = JSON.stringify(chat.users.map(user => user.events_seen_up_to))
    const rows = this.#rows.get([chat.timeline, people, viewer.id, viewer.side, newKey], () => group(chat, viewer, newKey))
    const marks = this.#marks.get([chat.timeline, people, seen, chat.active, viewer.id, viewer.side], () => marksOf(chat, viewer))
    const users = new Map(chat.users.map(user => [user.id, user]))
    const { from, to, above, below } = this.#window.range(rows)
    const part = rows.slice(from, to)
    const draw = (row: Row, next: Row | undefined) => row.kind === 'day'
      ? html`<p class="day"><time datetime=${row.at}>${formatDay(row.at, now, s)}</time></p>`
      : row.kind === 'new' ? html`<p class="new" part="new"><span>${s.newMessages}</span></p>`
      : groupRow(row, { author: users.get(row.authorId ?? ''), continued: goesOn(next) }, marks, options)
    return html`${space(above)}${repeat(part, row => row.key, (row, i) => guard([chat, row, ...made], () => draw(row, rows[from + i + 1])))}${space(below)}${typingRow(chat, options)}`
  }
}

const goesOn = (next: Row | undefined) => next?.kind === 'group' && next.continues

/** space is the room of what is not drawn. Its style goes past the page's policy, which is about markup. */
const space = (height: number) => html`<div class="space" .style=${`block-size:${height}px`}></div>`

/** userName never is empty: a customer without a name is a visitor. */
export function userName(user: ModelUser | undefined, s: Strings, fallback = s.visitor): string {
  return user?.name?.trim() || (user?.type === 'agent' ? s.agent : fallback)
}

export function avatar(user: ModelUser | undefined, s: Strings): TemplateResult {
  const src = safeURL(user?.avatar)
  return html`<span class="avatar" aria-hidden="true" data-hue=${hue(user?.id ?? '')}>${initials(userName(user, s))}${src ? picture(src, '', '') : nothing}</span>`
}

/** What is known of the whole timeline. */
interface Marks {
  seen: string | undefined
  lastSent: string | undefined
  /** Before this place of the timeline quick replies are of no use any more. */
  answered: number
  /** Forms that were filled in. */
  filled: ReadonlySet<string>
}

function marksOf(chat: ModelChat, viewer: Viewer): Marks {
  return {
    seen: seenKey(chat, viewer),
    lastSent: lastOwn(chat, viewer),
    answered: answered(chat),
    filled: new Set(chat.timeline.map(item => raw(item.event)).filter(event => event.type === 'filled_form').map(event => str(event.form_id))),
  }
}

/** Around is what a group does not say itself. */
interface Around { author: ModelUser | undefined; continued: boolean }

function groupRow(row: Group, { author, continued }: Around, marks: Marks, options: TimelineOptions): TemplateResult {
  const { strings: s } = options
  const name = row.mine ? s.you : userName(author, s, row.side === 'agent' ? s.agent : s.visitor)
  const at = row.items[0] && raw(row.items[0].event).created_at
  const time = html`<time datetime=${at ?? nothing}>${formatTime(at, s.locale)}</time>`
  const messages = repeat(row.items, item => item.key, (item, i) => message(item, row.start + i < marks.answered, row, name, marks, options))
  if (row.side === 'system') return html`<div class="group system"><div class="messages">${messages}</div></div>`
  return html`
    <div class=${`group${row.own ? ' own' : ''}${continued ? ' continued' : ''}`}>
      ${row.own || continued ? nothing : avatar(author, s)}
      <div class="messages">
        ${row.continues ? nothing : html`<span class="author" aria-hidden="true">${row.mine ? time : html`<bdi>${name}</bdi> · ${time}`}</span>`}
        ${messages}
      </div>
    </div>`
}

function message(item: ModelItem, answered: boolean, row: Group, name: string, marks: Marks, options: TimelineOptions): TemplateResult {
  const { strings: s } = options
  const event = raw(item.event)
  if (!item.deleted && drawn(event)) {
    const { press, pressed, declined } = options
    return html`
      <div class="message rich" part="message" data-author=${row.side} data-state=${item.state} data-key=${item.key}>
        <span class="hidden-text">${name}: </span>
        ${rich(event, {
          strings: s,
          press: press && (button => press(item, button)),
          pressed: pressed && (button => pressed(item, button)),
          answered: answered || declined?.(item),
        })}
        ${note(item, marks, options)}
      </div>`
  }
  const formId = str(event.form_id)
  if (!item.deleted && event.type === 'form' && formId && list(event.fields).length && options.submit && !marks.filled.has(formId)) {
    const { submit } = options
    return html`
      <div class="message rich" part="message" data-author=${row.side} data-state=${item.state} data-key=${item.key}>
        <span class="hidden-text">${name}: </span>
        <div class="card card-form">${formView({
          strings: s, fields: list(event.fields), name: item.key, submitLabel: s.submitForm, submit: filled => submit(formId, filled),
        })}</div>
      </div>`
  }
  const { kind, text } = item.deleted ? gone(s) : content(item.event, s)
  const pieces = kind === 'text' ? linkify(text) : [text]
  const body = pieces.map(piece => typeof piece === 'string' ? piece : link(piece.href, piece.text))
  const first = event.type === 'message' && item.state === 'sent' ? pieces.find(piece => typeof piece !== 'string') : undefined
  const preview = first && options.preview?.(first.href)
  return html`
    <div class="message" part="message" data-author=${row.side} data-state=${item.state} data-key=${item.key}>
      ${row.side === 'system' ? nothing : html`<span class="hidden-text">${name}: </span>`}
      ${kind === 'file' ? fileBody(item, s) : html`<div class="bubble ${kind}" part="bubble">${body}</div>`}
      ${preview ? previewCard(preview) : nothing}
      ${item.updated && !item.deleted ? html`<span class="note" data-mark="edited">${s.edited}</span>` : nothing}
      ${event.visibility === 'agents' ? html`<span class="note">${s.agentsOnly}</span>` : nothing}
      ${note(item, marks, options)}
    </div>`
}

function note(item: ModelItem, { seen, lastSent }: Marks, options: TimelineOptions) {
  const { strings: s, retry, discard, cancel, waiting } = options
  if (item.state === 'pending' && item.upload && cancel) return progressRow(item, s, cancel)
  if (item.state === 'pending') return html`<span class="note">${waiting ? s.waiting : s.sending}</span>`
  if (item.state === 'failed') {
    return html`<span class="note failed">
      <span role="alert">${item.error ? s.notSentReason(reason(item.error, s)) : s.notSent}</span>
      <button class="link-button" part="retry" type="button" @click=${() => retry(item.key)}>${s.retry}</button>
      <button class="link-button" part="discard" type="button" @click=${() => discard(item.key)}>${s.discard}</button>
    </span>`
  }
  if (item.key === seen) return html`<span class="note" data-mark="seen">${s.seen}</span>`
  if (item.key === lastSent) return html`<span class="note" data-mark="sent">${s.sent}</span>`
  return nothing
}

function typingRow(chat: ModelChat, { viewer, strings: s }: TimelineOptions) {
  const user = chat.users.find(one => (one.typing || one.thinking) && one.id !== viewer.id && one.type !== viewer.side)
  if (!user) return nothing
  const { thinking } = user
  const label = user.typing || !thinking ? s.typing(userName(user, s)) : thinking.title.trim() || s.thinking(userName(user, s))
  const dots = html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>`
  // Not announced: a screen reader would repeat it with every pause in somebody's typing.
  return html`
    <div class="typing" part="typing" aria-live="off">
      ${avatar(user, s)}
      ${user.sneak_peek
        ? html`<div class="peek"><small>${label}</small>${user.sneak_peek}</div>`
        : thinking && !user.typing ? html`<div class="peek" part="thinking"><small>${label}</small>${thinking.description}${dots}</div>`
        : html`<span class="hidden-text">${label}</span>${dots}`}
    </div>`
}

function lastOwn(chat: ModelChat, viewer: Viewer): string | undefined {
  for (let i = chat.timeline.length - 1; i >= 0; i--) {
    const item = chat.timeline[i]
    if (item?.state === 'sent' && raw(item.event).author_id === viewer.id) return item.key
  }
  return undefined
}

/** answered is the place of the last thing that the customer wrote, the end when the thread has ended. */
function answered(chat: ModelChat): number {
  if (!chat.active) return chat.timeline.length
  const customers = new Set(chat.users.filter(user => user.type === 'customer').map(user => user.id))
  for (let i = chat.timeline.length - 1; i >= 0; i--) {
    const item = chat.timeline[i]
    if (!item) continue
    const { type, author_id: author } = raw(item.event)
    if (type !== 'system_message' && (item.state !== 'sent' || (author !== undefined && customers.has(author)))) return i
  }
  return 0
}
