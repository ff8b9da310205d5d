import '../widget/define.ts'
import '../console/define.ts'
import { agentToken, organizationId } from './config.ts'
import { copy } from './protocol/dom.ts'
import { Engine } from './protocol/engine.ts'
import { Faults } from './protocol/faults.ts'
import { Frames } from './protocol/frames.ts'
import { follow } from './protocol/journal.ts'
import { TimeAndState } from './protocol/time.ts'

const get = <E extends Element = HTMLElement>(selector: string): E => {
  const found = document.querySelector<E>(selector)
  if (!found) throw new Error(`protocol.html lacks ${selector}`)
  return found
}

let chat = get<HTMLElementTagNameMap['rtm-chat']>('rtm-chat')
let desk = get<HTMLElementTagNameMap['rtm-console']>('rtm-console')

function begin(): void {
  chat.organizationId = organizationId
  chat.open = matchMedia('(min-width: 1000px)').matches
  desk.organizationId = organizationId
  desk.token = agentToken(location.search)
}
begin()

/** What the two sides know is of a past that rtmd has taken back; new ones know what it knows. */
function beginAgain(): void {
  const [oldChat, oldDesk] = [chat, desk]
  chat = document.createElement('rtm-chat')
  desk = document.createElement('rtm-console')
  begin()
  oldChat.replaceWith(chat)
  oldDesk.replaceWith(desk)
  void faults.refresh()
}

const list = get('#frames')
const stream = get('#stream')
const count = get('#count')
const pause = get('#pause')
const filter = get<HTMLFormElement>('#filter')
const connections = get<HTMLSelectElement>('#filter [name=connection]')

const engines = [
  new Engine(get('#engine-customer'), 'The customer’s', 'customer', () => chat.client),
  new Engine(get('#engine-agent'), 'The agent’s', 'agent', () => desk.client),
]
const faults = new Faults(get('#faults'))
const time = new TimeAndState(get('#time'), organizationId, beginAgain)

/** How many frames are kept: ?keep=5000 for another number. */
const most = Math.max(1, Number(new URLSearchParams(location.search).get('keep')) || 1000)

let known = ''
const frames = new Frames(list, most, () => {
  const { size, held, dropped, paused } = frames
  const shown = frames.shown.length
  count.textContent = [
    shown === size ? `${size} frames` : `${shown} of ${size} frames`, paused && `${held} waiting`, dropped && `${dropped} older ones are gone, the list keeps ${most}`,
  ].filter(Boolean).join(', ')
  pause.textContent = paused ? 'Go on' : 'Pause'
  pause.setAttribute('aria-pressed', String(paused))
  const names = [...frames.connections].map(([id, { api, user }]) => [id, `${api} ${id}${user ? `, ${user.slice(0, 24)}` : ''}`] as const)
  if (String(names) === known) return
  known = String(names)
  const { value } = connections
  connections.replaceChildren(new Option('all connections', ''), new Option('all customers', 'customer'), new Option('all agents', 'agent'), ...names.map(([id, name]) => new Option(name, id)))
  connections.value = value
  if (connections.value !== value) connections.value = '' // it has gone
  applyFilter()
})

function applyFilter(): void {
  const data = new FormData(filter)
  const text = (name: string) => String(data.get(name) ?? '').trim()
  frames.filter({ connection: text('connection'), kind: text('kind'), action: text('action') })
}
filter.addEventListener('input', applyFilter)
filter.addEventListener('submit', event => event.preventDefault())
pause.addEventListener('click', () => frames.pause(!frames.paused))
get('#clear').addEventListener('click', () => frames.clear())
get('#copy-all').addEventListener('click', ({ currentTarget }) => {
  void copy(frames.shown.map(entry => JSON.stringify(entry)).join('\n'), currentTarget as HTMLElement)
})

let asked = false
follow(
  entries => {
    frames.add(entries)
    for (const engine of engines) engine.see(entries)
    // How often the rules acted can only have changed with a frame.
    if (asked) return
    asked = true
    setTimeout(() => {
      asked = false
      faults.actions = frames.actions
      void faults.refresh()
    }, 250)
  },
  (state, why) => {
    stream.textContent = { connecting: 'connecting', live: 'live', away: why, refused: 'refused' }[state]
    stream.dataset.state = state
    const refused = get('#refused')
    refused.hidden = state !== 'refused'
    if (state === 'refused') {
      refused.textContent = `rtmd refused its control API to this page: ${why}. Frames, faults and time need it. `
        + 'Open this page on the machine that rtmd runs on, at http://127.0.0.1 or http://localhost, or start rtmd with -control any.'
    }
    faults.usable = time.usable = state === 'live'
  },
)
