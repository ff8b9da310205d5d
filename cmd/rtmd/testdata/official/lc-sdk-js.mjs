// Conversations of @livechat/lc-sdk-js with itself: a customer and two agents. The names
// of the tests are the cells of the table in the README.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after } from 'node:test'
import { agents, agentWeb, close, closeAll, customerWeb, message, newCustomer, openAgent, organization, restart, test, texts, tokens } from './lib.mjs'

let ada, ben, cleo
let chat, thread // of cleo

after(closeAll)

const of = (id) => (payload) => payload.chat_id === id || payload.chat?.id === id || payload.id === id

test('agent: login', async () => {
  ada = await openAgent()
  const login = await ada.login(`Bearer ${tokens[0]}`)
  assert.equal(login.my_profile.id, agents[0])
  ben = await openAgent()
  // The same with a personal access token and more members.
  const basic = Buffer.from(`account:${tokens[1]}`).toString('base64')
  const second = await ben.login({ token: `Basic ${basic}`, timezone: 'Europe/Warsaw', application: { name: 'conversation', version: '1' }, away: false })
  assert.equal(second.my_profile.id, agents[1])
  assert.deepEqual(second.chats_summary, [])
  await assert.rejects((await openAgent()).login('Bearer none'), ({ error }) => error.type === 'authentication')
  await ada.setRoutingStatus('accepting_chats')
  await ben.setRoutingStatus('not_accepting_chats')
  const statuses = await ada.listRoutingStatuses([0])
  assert.deepEqual(Object.fromEntries(statuses.map((s) => [s.agent_id, s.status])), { [agents[0]]: 'accepting_chats', [agents[1]]: 'not_accepting_chats' })
})

test('customer: login', async () => {
  cleo = await newCustomer('Cleo')
  assert.match(cleo.id, /^[0-9a-f-]{36}$/)
  assert.equal(cleo.loggedIn.has_active_thread, false)
  assert.deepEqual(cleo.loggedIn.chats, [])
  await cleo.updateCustomer({ email: 'cleo@example.com' })
  await cleo.setCustomerSessionFields([{ cart: '3' }])
  const me = await cleo.getCustomer()
  assert.equal(me.email, 'cleo@example.com')
  assert.deepEqual(me.session_fields, [{ cart: '3' }])
  assert.equal((await ada.getCustomer(cleo.id)).name, 'Cleo')
})

test('customer: start', async () => {
  ;({ chat_id: chat, thread_id: thread } = await cleo.startChat({
    active: true, continuous: true, chat: { thread: { events: [message('hello')] }, access: { group_ids: [0] } },
  }))
  const mine = await cleo.inbox.next('incoming_chat', of(chat))
  assert.equal(mine.chat.thread.id, thread)
  const theirs = await ada.inbox.next('incoming_chat', of(chat))
  assert.deepEqual(texts(theirs.chat.thread.events), ['hello'])
})

test('agent: start', async () => {
  const cora = await newCustomer('Cora')
  const started = await ada.startChat({ chat: { users: [{ id: cora.id, type: 'customer' }], thread: { events: [message('may I help?')] } } })
  const seen = await cora.inbox.next('incoming_chat', of(started.chat_id))
  assert.deepEqual(texts(seen.chat.thread.events), ['may I help?'])
  await ada.inbox.next('incoming_chat', of(started.chat_id))
  await ada.deactivateChat(started.chat_id)
  await cora.inbox.next('chat_deactivated', of(started.chat_id))
  close(cora)
})

test('customer: send both ways', async () => {
  await cleo.sendSneakPeek(chat, 'do you sh')
  assert.equal((await ada.inbox.next('incoming_sneak_peek', of(chat))).sneak_peek.text, 'do you sh')
  const { event_id } = await cleo.sendEvent(chat, message('do you ship to Łódź? 🚚'))
  const own = await cleo.inbox.next('incoming_event', (p) => p.event.id === event_id)
  assert.equal(own.event.text, 'do you ship to Łódź? 🚚')
  await ada.sendEvent(chat, message('we do'))
  const answer = await cleo.inbox.next('incoming_event', (p) => p.event.text === 'we do')
  await cleo.markEventsAsSeen(chat, answer.event.created_at)
  assert.equal((await ada.inbox.next('events_marked_as_seen', of(chat))).seen_up_to, answer.event.created_at)
})

test('agent: send both ways', async () => {
  assert.equal((await ada.inbox.next('incoming_event', (p) => p.event.author_id === cleo.id)).event.text, 'do you ship to Łódź? 🚚')
  await ada.sendTypingIndicator(chat, true, 'all')
  assert.equal((await cleo.inbox.next('incoming_typing_indicator', of(chat))).typing_indicator.is_typing, true)
  const { event_id } = await ada.sendEvent(chat, {
    type: 'rich_message', template_id: 'quick_replies', visibility: 'all',
    elements: [{ title: 'Express?', buttons: [{ type: 'message', text: 'Yes', value: 'Yes', postback_id: 'express', user_ids: [] }] }],
  })
  const asked = await cleo.inbox.next('incoming_event', (p) => p.event.id === event_id)
  assert.equal(asked.event.elements[0].buttons[0].postback_id, 'express')
  await cleo.sendRichMessagePostback({ chat_id: chat, thread_id: thread, event_id, postback: { id: 'express', toggled: true } })
  const { event_id: whisper } = await ada.sendEvent(chat, { ...message('is that in stock?'), visibility: 'agents' })
  await ada.inbox.next('incoming_event', (p) => p.event.id === whisper)
  await cleo.sendEvent(chat, message('yes please'))
  await ada.inbox.next('incoming_event', (p) => p.event.text === 'yes please')
})

test('customer: history', async () => {
  const { threads, found_threads } = await cleo.listThreads(chat, { sort_order: 'desc', limit: 10 })
  assert.equal(found_threads, 1)
  assert.deepEqual(texts(threads[0].events), ['hello', 'do you ship to Łódź? 🚚', 'we do', 'yes please']) // not what agents whisper
  const { chats_summary, total_chats } = await cleo.listChats({ limit: 5 })
  assert.equal(total_chats, 1)
  assert.equal(chats_summary[0].id, chat)
  assert.equal((await cleo.getChat(chat, thread)).thread.events.length, threads[0].events.length)
})

test('agent: history', async () => {
  const { threads } = await ada.listThreads(chat)
  assert.deepEqual(texts(threads[0].events), ['hello', 'do you ship to Łódź? 🚚', 'we do', 'is that in stock?', 'yes please'])
  assert.equal((await ada.getChat(chat, thread)).id, chat)
  const { chats_summary } = await ada.listChats({ filters: { include_active: true } })
  assert.ok(chats_summary.some((c) => c.id === chat))
  const { chats } = await ada.listArchives({ filters: { query: 'help' } })
  assert.deepEqual(chats.map((c) => texts(c.thread.events)), [['may I help?']])
})

test('customer: properties', async () => {
  await cleo.updateThreadProperties(chat, thread, { rating: { score: 1, comment: 'quick' } })
  assert.equal((await ada.inbox.next('thread_properties_updated', of(chat))).properties.rating.score, 1)
  await cleo.deleteThreadProperties(chat, thread, { rating: ['comment'] })
  await ada.inbox.next('thread_properties_deleted', of(chat))
  await cleo.updateChatProperties(chat, { shop: { cart: 'c-1' } })
  assert.equal((await cleo.inbox.next('chat_properties_updated', of(chat))).properties.shop.cart, 'c-1')
  await cleo.deleteChatProperties(chat, { shop: ['cart'] })
  await cleo.inbox.next('chat_properties_deleted', of(chat))
  const { threads } = await cleo.listThreads(chat)
  const event = threads[0].events[0].id
  await cleo.updateEventProperties(chat, thread, event, { shop: { read: true } })
  assert.equal((await ada.inbox.next('event_properties_updated', of(chat))).event_id, event)
  await cleo.deleteEventProperties(chat, thread, event, { shop: ['read'] })
  await ada.inbox.next('event_properties_deleted', of(chat))
})

test('agent: properties', async () => {
  await ada.updateChatProperties(chat, { crm: { lead: 'L-7' } })
  await ada.inbox.next('chat_properties_updated', (p) => p.properties.crm?.lead === 'L-7')
  await ada.updateThreadProperties(chat, thread, { crm: { stage: 2 } })
  await ada.inbox.next('thread_properties_updated', (p) => p.properties.crm?.stage === 2)
  const event = (await ada.getChat(chat, thread)).thread.events[0].id
  await ada.updateEventProperties(chat, thread, event, { crm: { checked: true } })
  await ada.inbox.next('event_properties_updated', (p) => p.properties.crm?.checked === true)
  const kept = await ada.getChat(chat, thread)
  assert.deepEqual([kept.properties.crm, kept.thread.properties.crm, kept.thread.events[0].properties.crm], [{ lead: 'L-7' }, { stage: 2 }, { checked: true }])
  await ada.deleteChatProperties(chat, { crm: ['lead'] })
  await ada.deleteThreadProperties(chat, thread, { crm: ['stage'] })
  await ada.deleteEventProperties(chat, thread, event, { crm: ['checked'] })
  assert.equal((await ada.getChat(chat, thread)).properties.crm, undefined)
})

test('agent: tags', async () => {
  await ada.tagThread(chat, thread, 'shipping')
  assert.equal((await ada.inbox.next('thread_tagged', of(chat))).tag, 'shipping')
  assert.deepEqual((await ada.getChat(chat, thread)).thread.tags, ['shipping'])
  await ada.untagThread(chat, thread, 'shipping')
  assert.equal((await ada.inbox.next('thread_untagged', of(chat))).tag, 'shipping')
  assert.deepEqual((await ada.getChat(chat, thread)).thread.tags ?? [], [])
})

test('agent: transfer', async () => {
  await ben.setRoutingStatus('accepting_chats')
  const able = await ada.listAgentsForTransfer(chat)
  assert.deepEqual(able.map((a) => a.agent_id), [agents[1]])
  await ada.transferChat(chat, { target: { type: 'agent', ids: [agents[1]] } })
  const moved = await ada.inbox.next('chat_transferred', of(chat))
  assert.deepEqual(moved.transferred_to.agent_ids, [agents[1]])
  assert.deepEqual((await ben.inbox.next('incoming_chat', of(chat))).chat.thread.id, thread)
})

test('customer: transfer', async () => {
  const moved = await cleo.inbox.next('chat_transferred', of(chat))
  assert.equal(moved.reason, 'manual')
  await ben.sendEvent(chat, message('this is Ben'))
  await cleo.inbox.next('incoming_event', (p) => p.event.text === 'this is Ben')
})

test('agent: follow', async () => {
  await ada.followChat(chat)
  await cleo.sendEvent(chat, message('hi Ben'))
  await ada.inbox.next('incoming_event', (p) => p.event.text === 'hi Ben')
  await ada.unfollowChat(chat)
  await ada.followCustomer(cleo.id)
  await ada.unfollowCustomer(cleo.id)
  // Back in, as one of two agents, and out again.
  await ada.addUserToChat(chat, agents[0], 'agent', 'all', true)
  await cleo.inbox.next('user_added_to_chat', of(chat))
  await ben.removeUserFromChat(chat, agents[1])
  await cleo.inbox.next('user_removed_from_chat', (p) => p.chat_id === chat && p.reason === 'manual')
})

let dora, waiting

test('customer: queue', async () => {
  await ada.setRoutingStatus('not_accepting_chats')
  await ben.setRoutingStatus('not_accepting_chats')
  dora = await newCustomer('Dora')
  ;({ chat_id: waiting } = await dora.startChat({ continuous: true }))
  const { chat: queued } = await dora.inbox.next('incoming_chat', of(waiting))
  assert.equal(queued.thread.queue.position, 1)
  const edna = await newCustomer('Edna')
  const { chat_id: behind } = await edna.startChat({ continuous: true })
  assert.equal((await edna.inbox.next('incoming_chat', of(behind))).chat.thread.queue.position, 2)
  // Edna moves up when Dora's chat ends; then Dora is behind her.
  await dora.deactivateChat(waiting)
  const moved = await edna.inbox.next('queue_position_updated')
  assert.deepEqual([moved.chat_id, moved.queue.position], [behind, 1])
  await edna.deactivateChat(behind)
  close(edna)
  await dora.resumeChat({ chat: { id: waiting }, continuous: true })
  assert.equal((await dora.inbox.next('incoming_chat', (p) => p.chat.thread.queue)).chat.thread.queue.position, 1)
})

test('agent: queue', async () => {
  await ada.inbox.next('queue_positions_updated')
  await ada.setRoutingStatus('accepting_chats')
  await ada.inbox.next('incoming_chat', of(waiting))
  await ada.sendEvent(waiting, message('your turn'))
  await dora.inbox.next('incoming_event', (p) => p.event.text === 'your turn')
})

test('agent: deactivate', async () => {
  await ada.deactivateChat(waiting, false)
  await ada.inbox.next('chat_deactivated', (p) => p.chat_id === waiting && p.user_id === agents[0])
  await dora.inbox.next('chat_deactivated', (p) => p.chat_id === waiting && p.user_id !== dora.id)
  close(dora)
})

test('customer: deactivate', async () => {
  await cleo.deactivateChat(chat)
  assert.equal((await cleo.inbox.next('chat_deactivated', of(chat))).thread_id, thread)
  assert.equal((await ada.inbox.next('chat_deactivated', of(chat))).user_id, cleo.id)
  await assert.rejects(cleo.sendEvent(chat, message('too late')), ({ error }) => error.type === 'chat_inactive')
})

test('customer: resume', async () => {
  const { thread_id } = await cleo.resumeChat({ chat: { id: chat, thread: { events: [message('one more thing')] } }, continuous: true })
  assert.notEqual(thread_id, thread)
  const { chat: resumed } = await cleo.inbox.next('incoming_chat', (p) => p.chat.thread.id === thread_id)
  assert.deepEqual(texts(resumed.thread.events), ['one more thing'])
  assert.equal((await cleo.listThreads(chat)).found_threads, 2)
})

test('agent: resume', async () => {
  await ada.deactivateChat(chat, true)
  const { thread_id } = await ada.resumeChat({ chat: { id: chat, users: [] } })
  const { chat: resumed } = await cleo.inbox.next('incoming_chat', (p) => p.chat.thread.id === thread_id)
  assert.equal(resumed.id, chat)
})

test('customer: Web API', async () => {
  const web = customerWeb(cleo.token)
  const { event_id } = await web.sendEvent(chat, message('over HTTP'))
  await ada.inbox.next('incoming_event', (p) => p.event.id === event_id)
  await cleo.inbox.next('incoming_event', (p) => p.event.id === event_id) // the other tab
  assert.equal(texts((await web.getChat(chat)).thread.events).at(-1), 'over HTTP')
  assert.equal((await web.getDynamicConfiguration({ group_id: 0, url: 'https://shop.example/' })).organization_id, organization)
  await assert.rejects(web.getChat('none'), (error) => error.type === 'not_found')
  await assert.rejects(customerWeb('none').listChats(), (error) => error.type === 'authentication')
})

test('agent: Web API', async () => {
  const web = agentWeb(tokens[0])
  const { event_id } = await web.sendEvent(chat, message('over HTTP, too'))
  await cleo.inbox.next('incoming_event', (p) => p.event.id === event_id)
  await ada.inbox.next('incoming_event', (p) => p.event.id === event_id)
  const { thread } = await web.getChat(chat)
  await web.tagThread(chat, thread.id, 'http')
  await ada.inbox.next('thread_tagged', (p) => p.tag === 'http')
  await assert.rejects(web.getChat('none'), (error) => error.type === 'not_found')
})

// The client does not reconnect: its user does, with a new one.
const lost = (client) => {
  clearInterval(client.heartbeatInterval) // it would reject into nothing
  return once(client.socket, 'close')
}

test('agent: reconnect', async () => {
  await ada.sendEvent(chat, message('hold on'))
  const ended = [ada, ben, cleo].map(lost)
  await restart()
  await Promise.all(ended)
  ada = await openAgent()
  const login = await ada.login(`Bearer ${tokens[0]}`)
  assert.equal(login.my_profile.id, agents[0])
  assert.ok(login.chats_summary.some((c) => c.id === chat))
  const { threads } = await ada.listThreads(chat)
  assert.deepEqual(threads.map((t) => texts(t.events).at(-1)), ['hold on', 'one more thing', 'hi Ben'])
})

test('customer: reconnect', async () => {
  const { id, token } = cleo
  cleo = await newCustomer('Cleo', token)
  assert.equal(cleo.id, id)
  assert.equal(cleo.loggedIn.has_active_thread, true)
  assert.deepEqual(cleo.loggedIn.chats.map((c) => c.chat_id), [chat])
  await cleo.sendEvent(chat, message('still there?'))
  await ada.inbox.next('incoming_event', (p) => p.event.text === 'still there?')
  await ada.sendEvent(chat, message('welcome back'))
  await cleo.inbox.next('incoming_event', (p) => p.event.text === 'welcome back')
})
