import { html, nothing, type TemplateResult } from 'lit'
import { content } from './content.ts'
import { closeIcon } from './icons.ts'
import { linkify } from './linkify.ts'
import { link } from './piece.ts'
import { str, type RawEvent } from './raw.ts'
import { drawn, rich, type Button } from './rich.ts'
import { avatar, userName } from './timeline.ts'
import type { ModelEvent, ModelGreeting, ModelUser } from 'rtmwidget'
import type { Strings } from './strings.ts'

export interface GreetingOptions {
  strings: Strings
  press: (button: Button) => void
  cancel: () => void
  /** Opens the panel; absent where the panel shows the greeting itself. */
  reply?: (() => void) | undefined
}

/** greetingCard draws an invitation: over the launcher, or where the conversation will be. */
export function greetingCard({ event, agent }: ModelGreeting, { strings: s, press, cancel, reply }: GreetingOptions): TemplateResult {
  const user: ModelUser = {
    id: agent.id, type: 'agent', name: agent.name, present: true, typing: false, ...(agent.avatar ? { avatar: agent.avatar } : {}),
  }
  const name = userName(user, s)
  const source = event as unknown as RawEvent
  const body = drawn(source) ? rich(source, { strings: s, press })
    : html`<div class="bubble text">${linkify(content(event as unknown as ModelEvent, s).text).map(piece =>
      typeof piece === 'string' ? piece : link(piece.href, piece.text))}</div>`
  return html`
    <section class="greeting" part="greeting" aria-label=${s.greeting(name)}>
      <div class="greeting-head">
        ${avatar(user, s)}
        <span class="greeting-who"><bdi>${name}</bdi>${str(agent.job_title) ? html`<small><bdi>${agent.job_title}</bdi></small>` : nothing}</span>
        <button class="icon-button" part="greeting-close" type="button" aria-label=${s.greetingClose} @click=${cancel}>${closeIcon}</button>
      </div>
      ${body}
      ${reply ? html`<button class="text-button" part="greeting-reply" type="button" @click=${reply}>${s.greetingReply}</button>` : nothing}
    </section>`
}
