import { html, nothing, type TemplateResult } from 'lit'
import { formatNumber, formatWait } from './format.ts'
import { chatIcon, closeIcon } from './icons.ts'
import type { Session } from './session.ts'
import type { Strings } from './strings.ts'
import { avatar, userName } from './timeline.ts'

/** header draws who is on the other side and how the connection is. */
export function header({ agent, connection, state: { availability } }: Session, s: Strings, menu: TemplateResult | typeof nothing, close: () => void): TemplateResult {
  const text = connection !== 'live' ? s.connection[connection] : !agent ? (availability?.status === 'offline' ? s.nobodyHere : s.subtitle) : agent.present ? s.connection.live : s.agentAway
  return html`
    <div class="header" part="header">
      ${agent ? avatar(agent, s) : html`<span class="mark" aria-hidden="true">${chatIcon}</span>`}
      <div class="who">
        <h2><bdi>${agent ? userName(agent, s) : s.title}</bdi></h2>
        <p class="connection" part="connection" data-state=${connection}
          data-present=${connection === 'live' && agent?.present ? '' : nothing}>${text}</p>
      </div>
      ${menu}
      <button class="icon-button" part="close" type="button" aria-label=${s.close} @click=${close}>${closeIcon}</button>
    </div>`
}

/** banner says what keeps the chat from going on at once: no connection, or a queue. */
export function banner({ chat, connection, state, lost, failure }: Session, s: Strings, reconnect: () => void): TemplateResult {
  const queue = chat?.active ? chat.queue : undefined
  const waiting = lost && chat?.timeline.filter(item => item.state === 'pending').length
  const stopped = connection === 'stopped'
  const text = stopped ? (state.connection.state === 'idle' ? s.unavailable : s.stoppedBanner)
    : lost ? [navigator.onLine === false ? s.offlineBanner : state.me ? s.waitingBanner : s.unreachableBanner, waiting ? s.waitingMessages(waiting) : ''].join(' ')
    : queue ? s.queue(formatNumber(queue.position, s), formatWait(queue.wait_time, s)) : ''
  // The region is always there: one that comes together with its text is not announced everywhere.
  return html`
    <div role="status">
      ${text ? html`
        <div class="banner" part="banner" title=${stopped ? failure : nothing}>
          <span>${text}</span>
          ${stopped ? html`<button class="text-button" part="connect" type="button" @click=${reconnect}>${s.connect}</button>` : nothing}
        </div>` : nothing}
    </div>`
}
