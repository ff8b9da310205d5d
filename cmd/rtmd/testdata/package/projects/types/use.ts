// Everything of the package's API, for the compiler alone.
import { load, RTMError, type AgentClient, type Client, type customer, type CustomerClient, type IdentityProvider, type Loading, type LoadOptions, type ModelState, type RTM, type Token } from 'rtmwidget'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <T extends true>(): T | undefined => undefined

const bytes = new Uint8Array()
export const options: LoadOptions[] = [{}, { wasmURL: bytes }, { wasmURL: new Response() }, { wasmURL: new URL('file:///rtm.wasm'), worker: 'none', storage: false }]
// @ts-expect-error: no such place
options.push({ worker: 'service' })

const identityProvider: IdentityProvider = {
  getToken: (): Token => 'dal:a',
  getFreshToken: async () => ({ accessToken: 'dal:a', expiresIn: 60 }),
  hasToken: () => true,
  invalidate() {},
}
// @ts-expect-error: how to get a token is missing
export const wrong: IdentityProvider = { hasToken: () => true, invalidate() {} }

export async function use(file: Blob, signal: AbortSignal): Promise<void> {
  const loading: Loading = load()
  const rtm: RTM = await loading
  same<Same<Awaited<typeof loading>, RTM>>()
  const chat: CustomerClient = rtm.customer({ organizationId: 'o', identityProvider })
  const agent: AgentClient = loading.agent({ token: 'dal:a', getToken: async (fresh) => (fresh ? 'dal:b' : { accessToken: 'dal:c' }) })
  // @ts-expect-error: the organization is missing
  rtm.customer({})
  const off: () => void = chat.on('incoming_event', ({ event }) => {
    if (event.type === 'message') same<Same<typeof event.text, string>>()
    // @ts-expect-error: not every event has a text
    void event.text
  })
  const once: () => void = agent.once('incoming_chat', ({ chat }, { request_id }) => console.log(chat.id, request_id))
  // @ts-expect-error: no such push
  chat.once('incoming_chats', () => {})
  await chat.login({}, { signal, timeout: 1 })
  await chat.call('anything', {}, { signal })
  for await (const thread of chat.history('C', { signal, limit: 5, timeout: 9 })) same<Same<typeof thread, customer.Thread>>()
  for await (const thread of agent.history('C')) console.log(thread.id)
  // @ts-expect-error: a chat is named by its id
  chat.history(5)
  const { url } = await chat.uploadFile(file, { name: 'a', signal, onProgress: ({ sent, size }) => console.log(sent / size) })
  await chat.sendEvent('C', { type: 'file', url })
  const { subscribe, getSnapshot } = chat.model
  const end: () => void = subscribe((state) => same<Same<typeof state, ModelState>>())
  const state: ModelState = getSnapshot()
  await chat.model.act('send', { text: state.connection.state }, { signal })
  // @ts-expect-error: the text is missing
  void chat.model.act('send', {})
  const both: Pick<Client<never, never, unknown>, 'ping' | 'close'>[] = [chat, agent]
  await Promise.all(both.map((client) => client.close()))
  for (const leave of [off, once, end]) leave()
  await rtm.destroy().catch((cause: unknown) => {
    if (cause instanceof RTMError) console.log(cause.type, cause.action, cause.data)
  })
}
