// Conversations of @livechat/chat-sdk, an agent over SockJS on fixed addresses, with a
// customer of lc-sdk-js. The names of the tests are the cells of the table in the README.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { agents, ChatSDK, closeAll, close, Inbox, message, newCustomer, openAgent, restart, test, texts, tokens } from './lib.mjs'

let sdk, inbox, ben, cleo, chat, thread

const call = (action, payload = {}) => sdk.methodFactory({ action, payload })
const of = (id) => (payload) => payload.chat_id === id || payload.chat?.id === id

after(() => {
  closeAll()
  sdk.destroy()
})

test('agent: login', async () => {
  sdk = new ChatSDK()
  inbox = new Inbox()
  for (const action of [
    'incoming_chat', 'incoming_event', 'incoming_sneak_peek', 'chat_deactivated', 'chat_transferred', 'thread_tagged', 'thread_untagged',
    'chat_properties_updated', 'thread_properties_updated', 'event_properties_updated', 'user_added_to_chat', 'queue_positions_updated',
  ]) {
    sdk.on(action, ({ payload }) => inbox.take(action, payload))
  }
  sdk.on('ready', () => inbox.take('ready'))
  await assert.rejects(call('list_chats'), /not ready yet/)
  sdk.init({ personal_access_token: Buffer.from(`account:${tokens[0]}`).toString('base64') })
  await inbox.next('ready')
  assert.equal((await sdk.getAgentDetails()).my_profile.id, agents[0])
  await call('set_routing_status', { status: 'accepting_chats' })
  ben = await openAgent()
  await ben.login(`Bearer ${tokens[1]}`)
  await ben.setRoutingStatus('not_accepting_chats')
})

test('agent: start', async () => {
  cleo = await newCustomer('Cleo')
  ;({ chat_id: chat, thread_id: thread } = await call('start_chat', {
    chat: { users: [{ id: cleo.id, type: 'customer' }], thread: { events: [message('may I help?')] } },
  }))
  const seen = await cleo.inbox.next('incoming_chat', of(chat))
  assert.deepEqual(texts(seen.chat.thread.events), ['may I help?'])
  assert.equal((await inbox.next('incoming_chat', of(chat))).chat.thread.id, thread)
  // And one that a customer starts.
  const dora = await newCustomer('Dora')
  const { chat_id: theirs } = await dora.startChat({ continuous: true, chat: { thread: { events: [message('hello')] } } })
  assert.deepEqual(texts((await inbox.next('incoming_chat', of(theirs))).chat.thread.events), ['hello'])
  await dora.deactivateChat(theirs)
  await inbox.next('chat_deactivated', of(theirs))
  close(dora)
})

test('agent: send both ways', async () => {
  await cleo.sendSneakPeek(chat, 'do you sh')
  assert.equal((await inbox.next('incoming_sneak_peek', of(chat))).sneak_peek.text, 'do you sh')
  await cleo.sendEvent(chat, message('do you ship to Łódź? 🚚 "quoted" \\ <b>'))
  await inbox.next('incoming_event', (p) => p.event.text === 'do you ship to Łódź? 🚚 "quoted" \\ <b>')
  const { event_id } = await sdk.sendMessage(chat, 'we do 🚚')
  assert.equal((await cleo.inbox.next('incoming_event', (p) => p.event.id === event_id)).event.text, 'we do 🚚')
  // Not sendMessage with 'agents': it says recipients, which is visibility since 3.4.
  const { event_id: whisper } = await call('send_event', { chat_id: chat, event: { ...message('in stock?'), visibility: 'agents' } })
  assert.equal((await inbox.next('incoming_event', (p) => p.event.id === whisper)).event.visibility, 'agents')
})

test('agent: history', async () => {
  const { threads } = await call('list_threads', { chat_id: chat })
  assert.deepEqual(texts(threads[0].events), ['may I help?', 'do you ship to Łódź? 🚚 "quoted" \\ <b>', 'we do 🚚', 'in stock?'])
  const { chats } = await call('list_archives', { filters: { query: 'hello' } })
  assert.equal(chats.length, 1)
  await assert.rejects(call('get_chat', { chat_id: 'none' }), ({ payload }) => payload.error.type === 'not_found')
})

test('agent: properties', async () => {
  await call('update_chat_properties', { id: chat, properties: { crm: { lead: 'L-7' } } })
  await inbox.next('chat_properties_updated', of(chat))
  await call('update_thread_properties', { chat_id: chat, thread_id: thread, properties: { crm: { stage: 2 } } })
  await inbox.next('thread_properties_updated', of(chat))
  const event = (await call('get_chat', { chat_id: chat })).thread.events[0].id
  await call('update_event_properties', { chat_id: chat, thread_id: thread, event_id: event, properties: { crm: { checked: true } } })
  await inbox.next('event_properties_updated', of(chat))
  await call('delete_chat_properties', { id: chat, properties: { crm: ['lead'] } })
  const kept = await call('get_chat', { chat_id: chat })
  assert.deepEqual([kept.properties.crm, kept.thread.properties.crm, kept.thread.events[0].properties.crm], [undefined, { stage: 2 }, { checked: true }])
})

test('agent: tags', async () => {
  await call('tag_thread', { chat_id: chat, thread_id: thread, tag: 'shipping' })
  assert.equal((await inbox.next('thread_tagged', of(chat))).tag, 'shipping')
  await call('untag_thread', { chat_id: chat, thread_id: thread, tag: 'shipping' })
  assert.equal((await inbox.next('thread_untagged', of(chat))).tag, 'shipping')
})

test('agent: transfer', async () => {
  await ben.setRoutingStatus('accepting_chats')
  await call('transfer_chat', { id: chat, target: { type: 'agent', ids: [agents[1]] } })
  assert.deepEqual((await inbox.next('chat_transferred', of(chat))).transferred_to.agent_ids, [agents[1]])
  await ben.inbox.next('incoming_chat', of(chat))
})

test('agent: follow', async () => {
  await call('follow_chat', { id: chat })
  await cleo.sendEvent(chat, message('hi Ben'))
  await inbox.next('incoming_event', (p) => p.event.text === 'hi Ben')
  await call('unfollow_chat', { id: chat })
  await ben.transferChat(chat, { target: { type: 'agent', ids: [agents[0]] } })
  await inbox.next('incoming_chat', of(chat))
})

test('agent: queue', async () => {
  await ben.setRoutingStatus('not_accepting_chats')
  await call('set_routing_status', { status: 'not_accepting_chats' })
  const dora = await newCustomer('Dora')
  const { chat_id: waiting } = await dora.startChat({ continuous: true })
  assert.equal((await dora.inbox.next('incoming_chat', of(waiting))).chat.thread.queue.position, 1)
  const edna = await newCustomer('Edna')
  const { chat_id: behind } = await edna.startChat({ continuous: true })
  await dora.deactivateChat(waiting)
  const moved = await inbox.next('queue_positions_updated', (list) => list.some((p) => p.chat_id === behind))
  assert.equal(moved.find((p) => p.chat_id === behind).queue.position, 1)
  await call('set_routing_status', { status: 'accepting_chats' })
  await inbox.next('incoming_chat', of(behind))
  await call('deactivate_chat', { id: behind })
  close(dora)
  close(edna)
})

test('agent: deactivate', async () => {
  await call('deactivate_chat', { id: chat })
  assert.equal((await inbox.next('chat_deactivated', of(chat))).user_id, agents[0])
  await cleo.inbox.next('chat_deactivated', of(chat))
  await assert.rejects(sdk.sendMessage(chat, 'too late'), ({ payload }) => payload.error.type === 'chat_inactive')
})

test('agent: resume', async () => {
  const { thread_id } = await call('resume_chat', { chat: { id: chat } })
  assert.notEqual(thread_id, thread)
  await cleo.inbox.next('incoming_chat', (p) => p.chat.thread.id === thread_id)
})

// This client reconnects and logs in by itself.
test('agent: reconnect', async () => {
  await sdk.sendMessage(chat, 'hold on')
  const { id, token } = cleo
  closeAll()
  await restart()
  await inbox.next('ready')
  assert.ok((await sdk.getAgentDetails()).chats_summary.some((c) => c.id === chat))
  cleo = await newCustomer('Cleo', token)
  assert.equal(cleo.id, id)
  const { threads } = await cleo.listThreads(chat)
  assert.equal(texts(threads[0].events).at(-1), 'hold on')
  await cleo.sendEvent(chat, message('still there?'))
  await inbox.next('incoming_event', (p) => p.event.text === 'still there?')
  await sdk.sendMessage(chat, 'welcome back')
  await cleo.inbox.next('incoming_event', (p) => p.event.text === 'welcome back')
})
