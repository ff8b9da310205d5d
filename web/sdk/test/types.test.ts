import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemDetails, type ErrorType, type ModelEvent, type RTMError, type Unlisted, type Version } from '../src/index.ts'
import type { agent, AgentClient, AgentPushes, customer, CustomerClient, CustomerPushes } from '../src/index.ts'
import { agentCalls, customerCalls } from './calls.ts'

// What the generated tests beside this one cannot say: how unions narrow, what must not compile, and the versions.

/** Compiles when the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <T extends true>(_: T | true = true) => {}

test('a known event narrows by its type, an unknown one keeps its fields', () => {
  const line = (event: customer.Event): string => {
    switch (event.type) {
      case 'message':
        same<Same<typeof event, customer.MessageEvent>>()
        // @ts-expect-error: a message has no url
        void event.url
        return event.text
      case 'file':
        return event.url
      case 'form':
        return event.fields.map(field).join()
      case 'filled_form':
        return event.fields.map(answer).join()
      case 'rich_message':
        return (event.elements ?? []).map((element) => element.title ?? '').join()
      case 'custom':
        return JSON.stringify(event.content)
      case 'system_message':
        // @ts-expect-error: it has no author
        void event.author_id
        return event.text ?? event.system_message_type
      case 'system':
        return details(event)
      default:
        same<Same<typeof event, customer.UnknownEvent>>()
        return `${event.type.toUpperCase()} ${event.id} ${JSON.stringify(event.depth)}`
    }
  }
  const field = (f: customer.FormField): string => {
    switch (f.type) {
      case 'header':
        // @ts-expect-error: a header is no question
        void f.required
        return f.label
      case 'radio':
      case 'select':
      case 'checkbox':
      case 'group_chooser':
        return (f.options ?? []).map((option) => option.label).join('/')
      case 'checkbox_for_email':
        return String(f.checked)
      case 'rating':
        return f.comment_label ?? ''
      case 'name':
      case 'email':
      case 'subject':
      case 'question':
      case 'textarea':
        return f.label
      default:
        return `${f.type} ${JSON.stringify(f.scale)}`
    }
  }
  const answer = (f: customer.FilledFormField): string => {
    if (f.type === 'checkbox') return (f.answers ?? []).map((one) => one.label).join('/')
    if (f.type === 'radio') return f.answer?.label ?? ''
    if (f.type === 'checkbox_for_email') return f.answer === true ? 'yes' : 'no'
    if (f.type === 'question') return f.answer ?? ''
    return f.type
  }
  const details = (event: customer.SystemEvent): string => {
    const system = systemDetails(event)
    switch (system.subtype) {
      case 'summary':
        return system.details.summary.text
      case 'store_order_was_created':
        return system.details.order.order_number
      case 'custom_skill_failed':
        return system.details.reason
      default:
        return String(system.details)
    }
  }
  const frame = { id: 'T_1', created_at: '2026-01-02T03:04:05.678901Z' }
  const author = { ...frame, author_id: 'a' }
  const events: customer.Event[] = [
    { ...author, type: 'message', text: 'hello' },
    { ...frame, type: 'form', form_id: 'f', fields: [{ type: 'header', label: 'Hi' }, { type: 'hologram' as Unlisted, scale: 3 }] },
    { ...author, type: 'filled_form', form_id: 'f', fields: [{ type: 'question', id: '0', label: 'Why', answer: 'so' }] },
    { ...frame, type: 'system', source: 'messaging', subtype: 'summary', version: 1, details: '{"summary":{"text":"short","status":"ok"},"requested_by":"a"}' },
    { ...frame, type: 'system', source: 'new', subtype: 'new', version: 1, details: 'no JSON' },
    { ...frame, type: 'hologram' as Unlisted, depth: { z: 1 } },
  ]
  assert.deepEqual(events.map(line), ['hello', 'Hi,hologram 3', 'so', 'short', 'no JSON', 'HOLOGRAM T_1 {"z":1}'])
})

test("an agent's thread may hold the frame of a deleted event", () => {
  const text = (event: agent.ThreadEvent): string | undefined => {
    if (event.type !== 'message') return undefined
    same<Same<typeof event, agent.MessageEvent | agent.DeletedEvent>>()
    return event.text
  }
  const frame = { id: 'T_1', created_at: '2026-01-02T03:04:05.678901Z', visibility: 'all' } as const
  assert.equal(text({ ...frame, type: 'message', author_id: 'a', text: 'here' }), 'here')
  assert.equal(text({ ...frame, type: 'message', deleted: true }), undefined)
  const pushed = (event: AgentPushes['incoming_event']['event']) => {
    if (event.type === 'message') same<Same<typeof event, agent.MessageEvent>>()
  }
  pushed({ ...frame, type: 'message', author_id: 'a', text: 'here' })
})

test('users narrow by their type', () => {
  const name = (user: agent.User): string => {
    if (user.type === 'agent') return user.email
    if (user.type === 'customer') return user.name ?? ''
    same<Same<typeof user, agent.UnknownUser>>()
    return user.type
  }
  assert.equal(name({ id: 'a', type: 'agent', name: 'A', email: 'a@example.com', present: true, visibility: 'all' }), 'a@example.com')
})

test('a model shows the events of both APIs', () => {
  const text = (event: ModelEvent): string | undefined => (event.type === 'message' ? event.text : event.type)
  assert.equal(text({ type: 'message', created_at: '', author_id: 'a', text: 'pending' }), 'pending')
  assert.equal(text({ type: 'hologram' as Unlisted, created_at: '' }), 'hologram')
})

test('wrong requests and names do not compile', () => {
  const { client, compiles } = customerCalls()
  const { client: agents } = agentCalls()
  const uses: ((...args: never[]) => unknown)[] = [
    // @ts-expect-error: the chat is missing
    () => client.sendEvent({ event: { type: 'message', text: '' } }),
    // @ts-expect-error: text must be text
    () => client.sendEvent({ chat_id: '', event: { type: 'message', text: 5 } }),
    // @ts-expect-error: a message has no url
    () => client.sendEvent({ chat_id: '', event: { type: 'message', text: '', url: '' } }),
    // @ts-expect-error: the text is missing
    () => client.sendEvent({ chat_id: '', event: { type: 'message' } }),
    // @ts-expect-error: no such type
    () => client.sendEvent({ chat_id: '', event: { type: 'massage', text: '' } }),
    // @ts-expect-error: visibility is the Agent API's word
    () => client.sendEvent({ chat_id: '', event: { type: 'message', text: '', visibility: 'all' } }),
    // @ts-expect-error: recipients is the Customer API's word
    () => agents.sendEvent({ chat_id: '', event: { type: 'message', text: '', recipients: 'all' } }),
    // @ts-expect-error: requests take listed values alone
    () => client.listChats({ sort_order: 'upwards' }),
    // @ts-expect-error: absent, not undefined
    () => client.listChats({ limit: undefined }),
    // @ts-expect-error: the thread's id is text
    () => client.getChat('c', 5),
    // @ts-expect-error: the short form lacks the thread
    () => agents.tagThread('c', 'tag'),
    // @ts-expect-error: no such method
    () => client.listArchives({}),
    // @ts-expect-error: no such push
    () => client.on('incoming_evnt', () => {}),
    // @ts-expect-error: an agent's push
    () => client.on('incoming_sneak_peek', () => {}),
    // @ts-expect-error: no such version
    (): Version => '3.3',
    // @ts-expect-error: the answer has no such field
    async () => (await client.startChat()).chat,
    // A field that a server adds can be sent and read after all, and so can an event of a type of one's own.
    () => client.sendEvent({ chat_id: '', event: { type: 'mine' as Unlisted, any: 1 } }),
    (error: RTMError) => error.type === 'chat_inactive' || error.type === 'timeout' || error.type === 'mine',
    (): ErrorType => 'mine',
    (clients: [CustomerClient, AgentClient]) => clients.map((one) => one.version),
    (push: CustomerPushes['customer_disconnected']) => push.reason === 'access_token_expired',
  ]
  for (const use of uses) compiles(use)
})

test('what follows the short form is how the call is made', async () => {
  const { timeout } = customerCalls()
  assert.equal(timeout((client) => client.getChat('c', undefined, { timeout: 7 })), 7)
  assert.equal(timeout((client) => client.getChat({ chat_id: 'c' }, { timeout: 8 })), 8)
  assert.equal(timeout((client) => client.listThreads('c', {}, { timeout: 9 })), 9)
  assert.equal(timeout((client) => client.ping({ timeout: 10 })), 10)
})
