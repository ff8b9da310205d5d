// One page of make bench-web: it logs in by the SDK or without any library, and lets itself
// be measured. Its own script is where the time begins.
const began = performance.now()
const [kind, server] = [new URLSearchParams(location.search).get('kind'), new URLSearchParams(location.search).get('server')]
const organizationId = '11111111-1111-4111-8111-111111111111'

const tasks = [] // of the main thread, over 50 ms
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask', buffered: true })

/** The SDK at an address. */
async function sdk(url) {
  const { load } = await import(url)
  const client = load().customer({ server, organizationId })
  const { chats } = await client.login()
  return {
    chats,
    start: () => client.startChat({ continuous: true }),
    resume: (id) => client.resumeChat({ chat: { id }, continuous: true }),
    deactivate: (id) => client.deactivateChat({ id }),
    send: (chat_id, text) => client.sendEvent({ chat_id, event: { type: 'message', text } }),
    onPush: (fn) => client.on('incoming_event', fn),
  }
}

/** What somebody writes who has no library: a token, a socket, JSON.parse. */
async function bare() {
  const socket = new WebSocket(`${server.replace('http', 'ws')}/v3.6/customer/rtm/ws?organization_id=${organizationId}`)
  const open = new Promise((resolve) => (socket.onopen = resolve))
  const response = await fetch(`${server}/v2/customer/token`, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'cookie', response_type: 'token', client_id: 'bench', organization_id: organizationId }),
  })
  const { access_token } = await response.json()
  await open
  const waiting = new Map()
  let pushed = () => {}
  let last = 0
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    if (frame.type === 'push') {
      if (frame.action === 'incoming_event') pushed(frame.payload)
      return
    }
    const { resolve, reject } = waiting.get(frame.request_id)
    waiting.delete(frame.request_id)
    if (frame.success) resolve(frame.payload)
    else reject(new Error(`${frame.action}: ${frame.payload.error.message}`))
  }
  const call = (action, payload) =>
    new Promise((resolve, reject) => {
      const request_id = String(++last)
      waiting.set(request_id, { resolve, reject })
      socket.send(JSON.stringify({ request_id, action, payload }))
    })
  const { chats } = await call('login', { token: `Bearer ${access_token}` })
  return {
    chats,
    start: () => call('start_chat', { continuous: true }),
    resume: (id) => call('resume_chat', { chat: { id }, continuous: true }),
    deactivate: (id) => call('deactivate_chat', { id }),
    send: (chat_id, text) => call('send_event', { chat_id, event: { type: 'message', text } }),
    onPush: (fn) => (pushed = fn),
  }
}

const client = await (kind === 'bare' ? bare() : sdk(kind === 'release' ? '/release/index.js' : '/standard/sdk.js'))
const loggedIn = performance.now() - began

let pushes = 0
let chat
client.onPush(({ event }) => (pushes += event.text?.startsWith('push ') ? 1 : 0))

globalThis.bench = {
  loggedIn,
  async chat() {
    const known = client.chats[0]
    if (known && !known.has_active_thread) await client.resume(known.chat_id)
    chat = known?.chat_id ?? (await client.start()).chat_id
    return chat
  },
  /** Sends one after the other; the times of each, in milliseconds. */
  async trips(count) {
    const times = []
    for (let i = 0; i < count; i++) {
      const sent = performance.now()
      await client.send(chat, `message ${i}`)
      times.push(performance.now() - sent)
    }
    return times
  },
  /** Waits until so many events were pushed. */
  pushed: (count) =>
    new Promise((resolve) => {
      const look = () => (pushes >= count ? resolve(pushes) : setTimeout(look, 20))
      look()
    }),
  async end() {
    await client.deactivate(chat)
    // Workers included.
    const { bytes } = await performance.measureUserAgentSpecificMemory()
    return { tasks, bytes }
  },
}
