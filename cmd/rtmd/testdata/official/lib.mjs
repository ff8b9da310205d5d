// What the conversations of the official clients share.
import { createRequire } from 'node:module'
import { test as nodeTest } from 'node:test'

// Both packages are CommonJS whose exports an import by name does not find.
const require = createRequire(import.meta.url)
export const { Agent, Customer } = require('@livechat/lc-sdk-js')
export const ChatSDK = require('@livechat/chat-sdk')

// server is rtmd's host and port; its certificate is in NODE_EXTRA_CA_CERTS.
const server = process.env.RTMD_SERVER
export const organization = '11111111-1111-4111-8111-111111111111'
export const agents = ['agent1@example.com', 'agent2@example.com']
export const tokens = ['dal:agent1', 'dal:agent2']

// test is a part of a conversation: it bounds what hangs, for the clients may wait for ever,
// and after a part that failed the rest fails at once.
let failed
export const test = (name, fn) => nodeTest(name, { timeout: 180_000 }, async (t) => {
  if (failed) throw new Error(`${failed} failed before`)
  failed = name
  await fn(t)
  failed = undefined
})

// Inbox keeps pushes until somebody asks for them.
export class Inbox {
  #kept = []
  #waiting = []

  take(action, payload) {
    const push = { action, payload }
    const i = this.#waiting.findIndex((w) => w.wants(push))
    if (i < 0) this.#kept.push(push)
    else this.#waiting.splice(i, 1)[0].resolve(payload)
  }

  // next is the payload of the first push of the action that passes the filter.
  next(action, filter = () => true) {
    const wants = (push) => push.action === action && filter(push.payload)
    const i = this.#kept.findIndex(wants)
    if (i >= 0) return Promise.resolve(this.#kept.splice(i, 1)[0].payload)
    return new Promise((resolve) => this.#waiting.push({ wants, resolve }))
  }
}

const bothPushes = [
  'incoming_chat', 'incoming_event', 'event_updated', 'chat_deactivated', 'chat_transferred', 'user_added_to_chat', 'user_removed_from_chat',
  'chat_properties_updated', 'chat_properties_deleted', 'thread_properties_updated', 'thread_properties_deleted',
  'event_properties_updated', 'event_properties_deleted', 'events_marked_as_seen', 'incoming_typing_indicator',
]
const customerPushes = [...bothPushes, 'queue_position_updated', 'customer_disconnected']
const agentPushes = [
  ...bothPushes, 'thread_tagged', 'thread_untagged', 'routing_status_set', 'chat_access_updated', 'incoming_sneak_peek', 'queue_positions_updated',
  'agent_disconnected',
]

// open connects a client of lc-sdk-js and gives it an inbox.
async function open(client, pushes) {
  const inbox = new Inbox()
  for (const action of pushes) client.on(action, (payload) => inbox.take(action, payload))
  await client.connect()
  client.inbox = inbox
  opened.add(client)
  return client
}

const opened = new Set()

export const openCustomer = () => open(new Customer.RTM(organization, { apiUrl: server }), customerPushes)
export const openAgent = () => open(new Agent.RTM({ apiUrl: server }), agentPushes)

// close ends a client of lc-sdk-js, which has no method for it.
export function close(client) {
  opened.delete(client)
  clearInterval(client.heartbeatInterval)
  client.socket.close()
}

export function closeAll() {
  for (const client of opened) close(client)
}

// customerToken is what the vendor's accounts service gives; lc-sdk-js leaves it to its user.
async function customerToken() {
  const response = await fetch(`https://${server}/v2/customer/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ grant_type: 'cookie', client_id: 'official', organization_id: organization, response_type: 'token' }),
  })
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`)
  const { access_token } = await response.json()
  return access_token
}

// newCustomer is one who is logged in.
export async function newCustomer(name, token) {
  token ??= await customerToken()
  const client = await openCustomer()
  const login = await client.login({ token: `Bearer ${token}`, customer: { name } })
  return Object.assign(client, { loggedIn: login, id: login.customer.id, token })
}

// The same APIs without a socket. Its uploadFile is not tried: it names no scheme and sends
// no token.
const web = (API, accessToken) => new API('conversation', () => ({ accessToken, organizationID: organization, region: 'dal' }), { apiUrl: server })
export const customerWeb = (token) => web(Customer.Web, token)
export const agentWeb = (token) => web(Agent.Web, token)

// restart kills rtmd and starts it again on the same port.
export async function restart() {
  const response = await fetch(process.env.RTMD_RESTART, { method: 'POST' })
  if (!response.ok) throw new Error(`no restart: ${await response.text()}`)
}

export const message = (text) => ({ type: 'message', text })
export const texts = (events) => events.filter((e) => e.type === 'message').map((e) => e.text)
