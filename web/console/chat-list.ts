import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ModelChat, ModelUser } from 'rtmwidget'
import { content } from '../widget/content.ts'
import { raw } from '../widget/raw.ts'
import { badge, formatWhen } from '../widget/format.ts'
import type { ConsoleStrings } from './strings.ts'
import { avatar, userName } from '../widget/timeline.ts'

export interface ChatListOptions {
  me: string | undefined
  selected: string | undefined
  strings: ConsoleStrings
  now: Date
  select: (chatId: string) => void
}

/** Status says in which part of the list a chat belongs. */
export type Status = 'active' | 'queued' | 'closed'

export function statusOf(chat: ModelChat): Status {
  return !chat.active ? 'closed' : chat.queue ? 'queued' : 'active'
}

export function customerOf(chat: ModelChat): ModelUser | undefined {
  return chat.users.find(user => user.type === 'customer')
}

/** chatList draws the chats in three parts; in each, the order is the model's: newest activity first. */
export function chatList(chats: readonly ModelChat[], options: ChatListOptions): TemplateResult {
  const s = options.strings
  if (!chats.length) return html`<div class="empty"><strong>${s.noChats}</strong><span>${s.noChatsText}</span></div>`
  const parts: Array<[Status, string]> = [['active', s.activeChats], ['queued', s.queuedChats], ['closed', s.closedChats]]
  return html`${parts.map(([status, title]) => {
    const some = chats.filter(chat => statusOf(chat) === status)
    return some.length === 0 ? nothing : html`
      <h3 id=${`list-${status}`}>${title} <span>${some.length}</span></h3>
      <ul aria-labelledby=${`list-${status}`}>${repeat(some, chat => chat.id, chat => row(chat, status, options))}</ul>`
  })}`
}

function row(chat: ModelChat, status: Status, { me, selected, strings: s, now, select }: ChatListOptions): TemplateResult {
  const customer = customerOf(chat)
  return html`
    <li>
      <button class="chat-item" part="chat-item" type="button" data-chat-id=${chat.id} data-status=${status}
        aria-current=${chat.id === selected ? 'true' : nothing} @click=${() => select(chat.id)}>
        ${avatar(customer, s)}
        <span class="name"><bdi>${userName(customer, s)}</bdi></span>
        <time datetime=${chat.updated_at}>${formatWhen(chat.updated_at, now, s)}</time>
        <span class="line">${customer?.typing ? html`<em>${s.typingMark}</em>` : html`<bdi>${lastLine(chat, me, s)}</bdi>`}</span>
        <span class="marks">
          ${status === 'queued' && chat.queue ? html`<span class="tag">${s.queued(chat.queue.position)}</span>` : nothing}
          ${chat.unread ? html`<span class="count" part="unread"><span aria-hidden="true">${badge(chat.unread, s)}</span><span class="hidden-text">${s.unread(chat.unread)}</span></span>` : nothing}
        </span>
      </button>
    </li>`
}

function lastLine(chat: ModelChat, me: string | undefined, s: ConsoleStrings): string {
  const last = chat.timeline.at(-1)
  if (!last) return s.noMessages
  const { text } = content(last.event, s)
  // The rest would not be seen, but it would be read out as the button's name.
  const [line = ''] = /^.{0,160}/u.exec(text.replace(/\s+/gu, ' ')) ?? []
  return last.state !== 'sent' || (me !== undefined && raw(last.event).author_id === me) ? s.youPrefix(line) : line
}
