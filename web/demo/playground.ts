import '../widget/define.ts'
import { agentToken, organizationId } from './config.ts'

/** What the presets set; all else goes back to its default. */
const presets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  none: {},
  marine: { '--rtm-accent': '#15466b', '--rtm-bubble': '#dcecf4', '--rtm-text': '#12263a' },
  lemon: { '--rtm-accent': '#ffd21f', '--rtm-surface': '#fffdf5', '--rtm-text': '#2b2408' },
  moss: { '--rtm-accent': '#2f6b3a', '--rtm-own-bubble': '#cfe8c6', '--rtm-bubble': '#f0ede2', '--rtm-surface': '#fdfcf7', '--rtm-text': '#1f2a1c' },
  plum: { '--rtm-accent': '#e58cff', '--rtm-surface': '#221529', '--rtm-text': '#f6ecfa', '--rtm-bubble': '#3a2745' },
}

/** What an agent says, so that their bubble is to be seen. */
const answers: Readonly<Record<string, string>> = {
  en: 'Hello! A Fulmar flies in as little as 6 km/h. Shall I put one aside for you?',
  de: 'Guten Tag! Ein Fulmar fliegt schon bei 6 km/h. Soll ich Ihnen einen zurücklegen?',
  es: '¡Buenos días! Una Fulmar vuela desde 6 km/h. ¿Le reservo una?',
  fr: 'Bonjour ! Un Fulmar vole dès 6 km/h. Dois-je vous en mettre un de côté ?',
  pl: 'Dzień dobry! Fulmar lata już przy 6 km/h. Czy mam go odłożyć?',
  ar: 'أهلًا بكم! تطير Fulmar في رياح لا تتجاوز 6 كم/س. هل أحجز لكم واحدة؟',
  ja: 'こんにちは。Fulmarは風速6 km/hから飛びます。お取り置きしましょうか？',
}

const find = <T extends Element>(selector: string, at: ParentNode = document): T => {
  const found = at.querySelector<T>(selector)
  if (!found) throw new Error(`no ${selector} in this page`)
  return found
}

const chat = find<HTMLElementTagNameMap['rtm-chat']>('rtm-chat')
const controls = find<HTMLFormElement>('form.controls')
const code = find('pre code')
const stage = find('.stage')
const trouble = find('.trouble')
const answer = find<HTMLButtonElement>('[data-answer]')
const colours = [...controls.querySelectorAll<HTMLElement>('.colour')].map(row => ({
  name: row.dataset.colour ?? '',
  input: find<HTMLInputElement>('input', row),
  contrast: find<HTMLOutputElement>('output', row),
  reset: find<HTMLButtonElement>('button', row),
  label: find('label span', row).textContent ?? '',
}))
/** The colours that were set, by property. */
const set = new Map<string, string>()

chat.organizationId = organizationId

/** What each colour is seen with: the property of the element's own that stands on it. */
const partners: Readonly<Record<string, readonly [string, string]>> = {
  '--rtm-accent': ['--_accent', '--_on-accent'],
  '--rtm-on-accent': ['--_on-accent', '--_accent'],
  '--rtm-surface': ['--_surface', '--_text'],
  '--rtm-text': ['--_text', '--_surface'],
  '--rtm-own-bubble': ['--_own', '--_on-own'],
  '--rtm-bubble': ['--_bubble', '--_on-bubble'],
}

const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })

/** seen is a colour of the widget as red, green and blue, whatever it was computed from. */
function seen(property: string): [number, number, number] {
  const probe = document.createElement('i')
  chat.shadowRoot?.append(probe)
  probe.style.setProperty('color', `var(${property})`)
  const { color } = getComputedStyle(probe)
  probe.remove()
  if (!pixel) return [0, 0, 0]
  pixel.fillStyle = color
  pixel.fillRect(0, 0, 1, 1)
  const [r = 0, g = 0, b = 0] = pixel.getImageData(0, 0, 1, 1).data
  return [r, g, b]
}

function luminance(colour: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = colour.map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: readonly number[], b: readonly number[]): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function css(): string {
  const radius = field('radius')
  const size = field('size')
  const font = field('font')
  const lines = [
    ...colours.flatMap(({ name }) => set.has(name) ? [`${name}: ${set.get(name)};`] : []),
    ...(radius === '16' ? [] : [`--rtm-radius: ${radius}px;`]),
    ...(size === '15' ? [] : [`--rtm-font-size: ${size}px;`]),
    ...(font ? [`--rtm-font: ${font};`] : []),
  ]
  return lines.length ? `rtm-chat {\n${lines.map(line => `  ${line}\n`).join('')}}` : ''
}

function markup(): string {
  const attributes = [['lang', field('lang')], ['dir', field('dir')], ['theme', field('theme')], ['position', field('position')]] as const
  const told = attributes.filter(([name, value]) => value && !(name === 'theme' && value === 'auto') && !(name === 'position' && value === 'end'))
  return `<rtm-chat organization-id="…"${told.map(([name, value]) => ` ${name}="${value}"`).join('')}></rtm-chat>`
}

function field(name: string): string {
  const value = new FormData(controls).get(name)
  return typeof value === 'string' ? value : ''
}

/** apply brings the widget, the contrasts and the code to what the controls say. */
function apply(): void {
  for (const { name } of colours) {
    const value = set.get(name)
    if (value) chat.style.setProperty(name, value)
    else chat.style.removeProperty(name)
  }
  chat.style.setProperty('--rtm-radius', `${field('radius')}px`)
  chat.style.setProperty('--rtm-font-size', `${field('size')}px`)
  if (field('font')) chat.style.setProperty('--rtm-font', field('font'))
  else chat.style.removeProperty('--rtm-font')
  for (const name of ['lang', 'dir', 'theme', 'position']) {
    if (field(name)) chat.setAttribute(name, field(name))
    else chat.removeAttribute(name)
  }
  for (const name of ['radius', 'size']) find<HTMLOutputElement>(`[name=${name}-px]`, controls).value = `${field(name)} px`
  requestAnimationFrame(look)
  code.textContent = [css(), markup()].filter(Boolean).join('\n\n')
  find<HTMLOutputElement>('[name=copied]').value = ''
}

/** look shows each colour as the widget has it now, and its contrast, and makes room on the side where the widget is not. */
function look(): void {
  stage.toggleAttribute('data-far', (getComputedStyle(chat).direction === 'rtl') !== (chat.position === 'start'))
  for (const { name, input, contrast: output, reset } of colours) {
    const [own, partner] = partners[name] ?? ['', '']
    const colour = seen(own)
    const ratio = contrast(colour, seen(partner))
    input.value = `#${colour.map(value => value.toString(16).padStart(2, '0')).join('')}`
    output.value = `${set.has(name) ? '' : 'auto · '}${ratio.toFixed(1)}:1`
    output.toggleAttribute('data-low', ratio < 4.5)
    output.title = ratio < 4.5 ? 'Text needs at least 4.5:1' : ''
    reset.hidden = !set.has(name)
  }
}

for (const { name, input, reset } of colours) {
  input.addEventListener('input', () => {
    set.set(name, input.value)
  })
  reset.addEventListener('click', () => {
    set.delete(name)
    apply()
    input.focus()
  })
}
controls.addEventListener('input', apply)
controls.addEventListener('submit', event => event.preventDefault())
controls.addEventListener('click', event => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-preset]') : null
  const preset = presets[button?.dataset.preset ?? '']
  if (!preset) return
  set.clear()
  for (const [name, value] of Object.entries(preset)) set.set(name, value)
  apply()
})

find('[data-copy]').addEventListener('click', () => {
  const copied = find<HTMLOutputElement>('[name=copied]')
  void navigator.clipboard.writeText(code.textContent ?? '').then(() => { copied.value = 'Copied.' }, () => {
    getSelection()?.selectAllChildren(code)
    copied.value = 'Selected: copy it with the keyboard.'
  })
})
find('[data-open]').addEventListener('click', () => chat.show())

let chatId = ''
/** The chat that the agent is in. */
let joined = ''
chat.addEventListener('rtm-chat-message', event => {
  chatId = event.chatId
  answer.disabled = false
})
answer.addEventListener('click', () => {
  void say(answers[field('lang')] ?? '').then(() => { trouble.textContent = '' }, (cause: unknown) => { trouble.textContent = String(cause) })
})

/** say sends a message to the chat as the seed's first agent, who has to join it before. */
async function say(text: string): Promise<void> {
  if (chatId !== joined) {
    await act('add_user_to_chat', { chat_id: chatId, user_id: 'agent1@example.com', user_type: 'agent', visibility: 'all', ignore_requester_presence: true })
    joined = chatId
  }
  await act('send_event', { chat_id: chatId, event: { type: 'message', text } })
}

async function act(action: string, payload: object): Promise<void> {
  const response = await fetch(`/v3.6/agent/action/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agentToken('')}` },
    body: JSON.stringify(payload),
  })
  if (!response.ok) throw new Error(`The answer did not go out: ${response.status}`)
}

// The widget's colours are there when its styles are.
void customElements.whenDefined('rtm-chat').then(apply)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', look)
