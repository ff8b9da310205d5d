import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { content, gone, raw } from './content.ts'
import { formatDay, formatTime, hue, initials } from './format.ts'
import { group, seenKey, type Group, type Viewer } from './groups.ts'
import { fileIcon } from './icons.ts'
import { linkify } from './linkify.ts'
import type { ModelChat, ModelItem, ModelUser } from 'rtmwidget'
import type { Strings } from './strings.ts'

export interface TimelineOptions {
  viewer: Viewer
  strings: Strings
  now: Date
  /** What the buttons of a message that was not sent do. */
  retry: (key: string) => void
  discard: (key: string) => void
}

/** timelineRows draws a chat's messages and who is typing. The element around it scrolls and is the log. */
export function timelineRows(chat: ModelChat, options: TimelineOptions): TemplateResult {
  const { strings: s, viewer } = options
  const seen = seenKey(chat, viewer)
  const lastSent = lastOwn(chat, viewer)
  const rows = group(chat, viewer)
  return html`${repeat(rows, row => row.key, row => row.kind === 'day'
    ? html`<p class="day"><time datetime=${row.at}>${formatDay(row.at, options.now, s)}</time></p>`
    : groupRow(row, seen, lastSent, options))}${typingRow(chat, options)}`
}

/** userName never is empty: a customer without a name is a visitor. */
export function userName(user: ModelUser | undefined, s: Strings, fallback = s.visitor): string {
  return user?.name?.trim() || (user?.type === 'agent' ? s.agent : fallback)
}

export function avatar(user: ModelUser | undefined, s: Strings): TemplateResult {
  return html`<span class="avatar" aria-hidden="true" data-hue=${hue(user?.id ?? '')}>${initials(userName(user, s))}</span>`
}

function groupRow(row: Group, seen: string | undefined, lastSent: string | undefined, options: TimelineOptions): TemplateResult {
  const { strings: s } = options
  const name = row.mine ? s.you : userName(row.author, s, row.side === 'agent' ? s.agent : s.visitor)
  const at = row.items[0] && raw(row.items[0].event).created_at
  const time = html`<time datetime=${at ?? nothing}>${formatTime(at, s.locale)}</time>`
  const messages = repeat(row.items, item => item.key, item => message(item, row, name, seen, lastSent, options))
  if (row.side === 'system') return html`<div class="group system"><div class="messages">${messages}</div></div>`
  return html`
    <div class=${row.own ? 'group own' : 'group'}>
      ${row.own ? nothing : avatar(row.author, s)}
      <div class="messages">
        <span class="author" aria-hidden="true">${row.mine ? time : html`<bdi>${name}</bdi> · ${time}`}</span>
        ${messages}
      </div>
    </div>`
}

function message(
  item: ModelItem, row: Group, name: string, seen: string | undefined, lastSent: string | undefined, options: TimelineOptions,
): TemplateResult {
  const { strings: s } = options
  const { kind, text, href } = item.deleted ? gone(s) : content(item.event, s)
  const body = kind === 'text'
    ? linkify(text).map(piece => typeof piece === 'string' ? piece : link(piece.href, piece.text))
    : kind === 'file' ? html`${fileIcon} ${href ? link(href, text) : text}` : text
  return html`
    <div class="message" part="message" data-author=${row.side} data-state=${item.state} data-key=${item.key}>
      ${row.side === 'system' ? nothing : html`<span class="hidden-text">${name}: </span>`}
      <div class="bubble ${kind}" part="bubble">${body}</div>
      ${raw(item.event).visibility === 'agents' ? html`<span class="note">${s.agentsOnly}</span>` : nothing}
      ${note(item, seen, lastSent, options)}
    </div>`
}

function note(item: ModelItem, seen: string | undefined, lastSent: string | undefined, options: TimelineOptions) {
  const { strings: s, retry, discard } = options
  if (item.state === 'pending') return html`<span class="note">${s.sending}</span>`
  if (item.state === 'failed') {
    return html`<span class="note failed">
      <span role="alert">${item.error?.message ? s.notSentReason(item.error.message) : s.notSent}</span>
      <button class="link-button" part="retry" type="button" @click=${() => retry(item.key)}>${s.retry}</button>
      <button class="link-button" part="discard" type="button" @click=${() => discard(item.key)}>${s.discard}</button>
    </span>`
  }
  if (item.key === seen) return html`<span class="note" data-mark="seen">${s.seen}</span>`
  if (item.key === lastSent) return html`<span class="note" data-mark="sent">${s.sent}</span>`
  return nothing
}

function typingRow(chat: ModelChat, { viewer, strings: s }: TimelineOptions) {
  const user = chat.users.find(one => one.typing && one.id !== viewer.id && one.type !== viewer.side)
  if (!user) return nothing
  const label = s.typing(userName(user, s))
  // Not announced: a screen reader would repeat it with every pause in somebody's typing.
  return html`
    <div class="typing" part="typing" aria-live="off">
      ${avatar(user, s)}
      ${user.sneak_peek
        ? html`<div class="peek"><small>${label}</small>${user.sneak_peek}</div>`
        : html`<span class="hidden-text">${label}</span><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>`}
    </div>`
}

function lastOwn(chat: ModelChat, viewer: Viewer): string | undefined {
  for (let i = chat.timeline.length - 1; i >= 0; i--) {
    const item = chat.timeline[i]
    if (item?.state === 'sent' && raw(item.event).author_id === viewer.id) return item.key
  }
  return undefined
}

function link(href: string, text: string): TemplateResult {
  return html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`
}
