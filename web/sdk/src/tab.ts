import { RTMError } from './error.ts'
import type { FromCore, Port, Receive, ToCore } from './messages.ts'
import { applyPatch, emptyState, type ModelItem, type ModelState, type PatchOp } from './model.ts'

// A tab's end of a core that may go away and come back: it moves to another tab, the Worker crashed, the page was in the
// back/forward cache. What the page has asked for is remembered here until it is answered, so that another core can go on.

/** What a way to a core tells of it. */
export interface Events {
  /** There is a core that knows nothing of this tab; `post` reaches it. */
  up(post: (message: ToCore) => void): void
  /** It runs. */
  ready(): void
  /** It is gone, and another is awaited. */
  down(): void
  receive: Receive
  /** There can be none. */
  fail(why: string): void
}

/** Looks for a core until the function that it returns is called, which says goodbye. */
export type Connect = (events: Events) => () => void

/** When a page cannot be seen any more, and when it can be again. */
export interface Life {
  onRest(fn: () => void, signal: AbortSignal): void
  onWake(fn: () => void, signal: AbortSignal): void
}

type Message<T extends ToCore['type']> = ToCore & { type: T }
type Push = FromCore & { type: 'push' }
/** What is settled. */
type Asked = Exclude<Extract<ToCore, { ref: number }>, { type: 'cancel' | 'snapshot' }>

interface Conn {
  readonly create: Message<'create'>
  /** What was asked and is not settled. */
  readonly asked: Map<number, { readonly message: Asked; posted: boolean }>
  /** The login that holds. */
  login?: Message<'call'>
  /** The chats that an agent looks at, which another core does not know. */
  readonly opened: Map<string, Message<'act'>>
  /** What another core knows so far; the page is shown what it had until this is whole. */
  next?: Next
  /** A core has heard of it. */
  known?: boolean
  closing?: boolean
}

interface Next {
  /** What the page had when it was whole. */
  readonly before: ModelState
  state: ModelState
  live: boolean
  /** There is no connection: the page is shown what there is. */
  shown: boolean
  /** The pushes that came meanwhile; what came before them may be missing. */
  readonly held: Push[]
}

/** The numbers of what the page did not ask for. */
const ownAct = 0
const ownLogin = 0x7fffffff

/** Milliseconds for what is shown to be fetched anew; then it is shown as it is. */
const patience = 5_000

/** Milliseconds before a login that another core could not make is tried again. */
const again = 5_000

/** Logins that failed for a reason which may pass. */
const passing = /^(no_token|timeout|connection_lost|core_crashed|internal|service_unavailable|too_many_requests|pending_requests_limit_reached|request_timeout|users_limit_reached)$/

/** What may be asked twice: it reads, or the second time changes nothing. */
const repeatable =
  /^(ping|list_.*|get_.*|mark_events_as_seen|login|send|seen|sneak_peek|typing|open|older|recent|dismiss|discard|form|form_cancel)$/

export class Tab implements Port {
  readonly #connect: Connect
  readonly #receive: Receive
  readonly #stateOf: (conn: number) => ModelState | undefined
  readonly #conns = new Map<number, Conn>()
  readonly #listening = new AbortController()
  #post: ((message: ToCore) => void) | undefined
  #leave: (() => void) | undefined

  readonly ready: Promise<void>
  #settle: { resolve(): void; reject(error: RTMError): void } | undefined

  /** `stateOf` is what the page shows. */
  constructor(connect: Connect, receive: Receive, stateOf: (conn: number) => ModelState | undefined, life: Life = page) {
    this.#connect = connect
    this.#receive = receive
    this.#stateOf = stateOf
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    const { signal } = this.#listening
    life.onRest(() => this.#rest(), signal)
    life.onWake(() => this.#begin(), signal)
    this.#begin()
  }

  post(message: ToCore): void {
    if (message.type === 'create') {
      this.#conns.set(message.conn, { create: message, asked: new Map(), opened: new Map() })
    } else if (message.type !== 'wake') {
      const c = this.#conns.get(message.conn)
      if (!c) return
      if (message.type === 'cancel') {
        c.asked.delete(message.ref)
      } else if (message.type === 'destroy') {
        c.closing = true
        if (!this.#post) queueMicrotask(() => this.#destroyed(c))
      } else if ('ref' in message && message.type !== 'snapshot') {
        this.#ask(c, message)
        return
      }
    }
    this.#post?.(message)
  }

  close(): void {
    this.#listening.abort()
    this.#rest()
    this.#conns.clear()
  }

  #ask(c: Conn, message: Asked): void {
    // The name tells a message that is sent again from a new one.
    if (message.type === 'act' && message.name === 'send' && message.args !== '{}' && !message.args.includes('"key":')) {
      const key = crypto.getRandomValues(new BigUint64Array(1))[0]!.toString(16).padStart(16, '0')
      message = { ...message, args: message.args.replace('{', `{"key":"${key}",`) }
    }
    if (message.type === 'act' && message.name === 'open') c.opened.set(message.args, message)
    const asked = { message, posted: false }
    c.asked.set(message.ref, asked)
    this.#pass(c, asked)
  }

  /** Passes on what was asked. An act that is about a chat waits until the core knows that. */
  #pass(c: Conn, asked: { readonly message: Asked; posted: boolean }): void {
    const { message } = asked
    if (!this.#post || (c.next && message.type === 'act' && message.name !== 'send')) return
    this.#post(asked.posted && message.type === 'act' && message.name === 'send' ? sendAgain(message) : message)
    asked.posted = true
  }

  // The way to the core.

  #begin(): void {
    if (this.#leave) return
    let alive = true
    const leave = this.#connect({
      up: (post) => {
        if (alive) this.#up(post)
      },
      ready: () => {
        if (!alive) return
        this.#settle?.resolve()
        this.#settle = undefined
      },
      down: () => {
        if (alive) this.#down()
      },
      receive: (messages) => {
        if (alive) this.#take(messages)
      },
      fail: (why) => {
        if (alive) this.#fail(why)
      },
    })
    this.#leave = () => {
      alive = false
      leave()
    }
  }

  #rest(): void {
    this.#leave?.()
    this.#leave = undefined
    this.#down()
  }

  #up(post: (message: ToCore) => void): void {
    this.#post = post
    for (const [conn, c] of [...this.#conns]) this.#goOn(conn, c)
  }

  #down(): void {
    this.#post = undefined
    for (const c of [...this.#conns.values()]) if (c.closing) this.#destroyed(c)
  }

  #fail(why: string): void {
    if (this.#settle) {
      this.close()
      this.#settle.reject(new RTMError('core_failed', why))
    } else {
      this.#receive([{ type: 'crashed', message: why }])
    }
  }

  #destroyed({ create: { conn } }: Conn): void {
    if (this.#conns.delete(conn)) this.#receive([{ type: 'destroyed', conn }])
  }

  /** Brings a core to where the one before it was. */
  #goOn(conn: number, c: Conn): void {
    const post = this.#post!
    const shown = this.#stateOf(conn) ?? emptyState
    const { login, next: last } = c
    const before = last?.before ?? shown
    const list = given(before)
    post(list ? { ...c.create, given: list } : c.create)
    delete c.next
    const asking = [...c.asked.values()].some(({ message, posted }) => posted && message.type === 'call' && message.action === 'login')
    if (login || (c.known && asking)) {
      if (login) post({ ...login, ref: ownLogin, timeout: 0x7fffffff })
      const next = (c.next = { before, state: emptyState, live: false, shown: false, held: last?.held ?? [] })
      setTimeout(() => {
        if (c.next !== next) return
        if (next.live) this.#whole(conn, c, next)
        else if (!next.shown) this.#receive([patch(conn, [{ op: 'connection', connection: { ...next.state.connection, stale: true } }])])
      }, patience)
    }
    for (const chat of [...shown.chats, ...(last?.state.chats ?? [])]) {
      for (const { key, state, event, upload } of chat.timeline) {
        if (state !== 'pending' || event.type !== 'message' || upload) continue
        const args = JSON.stringify({ key, text: event.text, postback: event.postback, ...(chat.id && { chat_id: chat.id }) })
        post(sendAgain({ type: 'act', conn, ref: ownAct, name: 'send', args }))
      }
    }
    c.known = true
    for (const [ref, asked] of [...c.asked]) {
      const { message } = asked
      const name = message.type === 'call' ? message.action : message.type === 'act' ? message.name : 'upload'
      if (!asked.posted || repeatable.test(name)) {
        this.#pass(c, asked)
        continue
      }
      c.asked.delete(ref)
      const failure = { type: 'connection_lost', message: `the core is gone, and its answer to ${name} with it; its outcome is unknown` }
      this.#receive([{ type: 'settle', conn, ref, payload: '', failure }])
    }
  }

  // From the core.

  #take(messages: FromCore[]): void {
    let out: FromCore[] = []
    const tell = () => {
      if (out.length > 0) this.#receive(out)
      out = []
    }
    for (const message of messages) {
      if (this.#passes(message)) out.push(message)
      if (message.type !== 'patch') continue
      const c = this.#conns.get(message.conn)
      if (!c?.next) continue
      tell()
      this.#lookAt(message.conn, c, c.next)
    }
    tell()
  }

  /** Takes note of what the core says, and reports whether the page is to hear it. */
  #passes(message: FromCore): boolean {
    if (message.type === 'crashed') return true
    const c = this.#conns.get(message.conn)
    if (!c) return false
    switch (message.type) {
      case 'settle': {
        if (message.ref === ownAct) return false
        if (message.ref === ownLogin) {
          if (message.failure) this.#loginFailed(c, message.failure)
          return false
        }
        const asked = c.asked.get(message.ref)?.message
        c.asked.delete(message.ref)
        if (asked?.type === 'call' && asked.action === 'login' && message.failure && c.next) {
          this.#receive([patch(message.conn, [{ op: 'reset', state: c.next.state }])])
          delete c.next
        }
        if (asked?.type === 'call' && !message.failure) {
          if (asked.action === 'login') c.login = asked
          if (asked.action === 'logout') delete c.login
        }
        return true
      }
      case 'patch':
        if (!c.next) return true
        c.next.state = applyPatch(c.next.state, JSON.parse(message.ops) as PatchOp[])
        return c.next.shown
      case 'push':
        c.next?.held.push(message)
        return !c.next
      case 'destroyed':
        this.#conns.delete(message.conn)
        return true
      default:
        return true
    }
  }

  #loginFailed(c: Conn, failure: { type: string; message: string }): void {
    const { conn } = c.create
    const post = this.#post
    if (passing.test(failure.type)) {
      setTimeout(() => {
        if (this.#post === post && c.login && this.#conns.get(conn) === c) post?.({ ...c.login, ref: ownLogin, timeout: 0x7fffffff })
      }, again)
      return
    }
    post?.({ type: 'destroy', conn })
    this.#conns.delete(conn)
    this.#receive([{ type: 'destroyed', conn, failure }])
  }

  /** Goes on with what another core knows as soon as that is as much as before. */
  #lookAt(conn: number, c: Conn, next: Next): void {
    const { connection, chats } = next.state
    const agent = c.create.config.api === 'agent'
    if (connection.state === 'live' && !next.live) {
      next.live = true
      for (const open of c.opened.values()) this.#post?.({ ...open, ref: ownAct })
    }
    const opened = (id: string) => [...c.opened.keys()].some((args) => (JSON.parse(args) as { chat_id: string }).chat_id === id)
    const loaded = connection.state === 'live' && chats.every(({ id, loaded }) => loaded || (agent && !opened(id)))
    if (loaded || connection.state === 'stopped') {
      this.#whole(conn, c, next)
    } else if (connection.state === 'waiting' && !next.shown) {
      next.shown = true
      this.#receive([patch(conn, [{ op: 'reset', state: next.state }])])
    }
  }

  #whole(conn: number, c: Conn, { before, state, held }: Next): void {
    delete c.next
    this.#receive([...missed(conn, before, state, held), patch(conn, [{ op: 'reset', state }])])
    for (const asked of c.asked.values()) if (!asked.posted) this.#pass(c, asked)
  }
}

const patch = (conn: number, ops: PatchOp[]): FromCore => ({ type: 'patch', conn, ops: JSON.stringify(ops) })

const sendAgain = (act: Message<'act'>): Message<'act'> => ({ ...act, args: act.args.replace('{', '{"again":true,') })

interface Payload {
  chat_id?: string
  chat?: { id: string }
  event?: { id: string }
}

/** What a push is about. */
const subject = (action: string, { chat_id, chat, event }: Payload): string => [action, chat_id ?? chat?.id, event?.id].join(' ')

/**
 * The pushes between two states: those that came, and before them those that nobody told this tab, which other tabs had
 * while it rested. They are made of what the state tells.
 */
function missed(conn: number, before: ModelState, after: ModelState, held: readonly Push[]): Push[] {
  const came = new Map(held.map((push) => [subject(push.action, JSON.parse(push.payload) as Payload), push]))
  const pushes: Push[] = []
  const give = (action: string, payload: object) => {
    const about = subject(action, payload as Payload)
    pushes.push(came.get(about) ?? { type: 'push', conn, action, requestId: '', payload: JSON.stringify(payload), recovered: true })
    came.delete(about)
  }
  for (const { id, thread_id, active, users, timeline } of after.chats) {
    const known = before.chats.find((chat) => chat.id === id)
    const sent = timeline.filter(({ state, event }) => state === 'sent' && event.id)
    if (!known) {
      const thread = { id: thread_id, active, user_ids: users.map((user) => user.id), events: sent.map(({ event }) => event) }
      give('incoming_chat', { chat: { id, users, thread } })
      continue
    }
    const had = known.timeline.filter(wasHeard)
    const ids = new Set(had.map(({ event }) => event.id))
    for (const event of ids) came.delete(subject('incoming_event', { chat_id: id, event: { id: event! } }))
    const last = had.at(-1)?.event.created_at
    for (const { thread_id, event } of sent) {
      const isNew = last ? event.created_at >= last && !ids.has(event.id) : isTime(known.updated_at) && event.created_at > known.updated_at
      if (isNew) give('incoming_event', { chat_id: id, thread_id, event })
    }
    if (known.active && !active) give('chat_deactivated', { chat_id: id, thread_id })
  }
  return [...pushes, ...came.values()]
}

const wasHeard = ({ state, unconfirmed }: ModelItem) => state === 'sent' && !unconfirmed

/** A chat of which only the name is known has none. */
const isTime = (time: string) => time > '1971'

/** What the page was told of its chats, as the engine takes it. */
function given(shown: ModelState): string | undefined {
  const list = shown.chats.filter(({ id }) => id).map(({ id, thread_id: thread, active, updated_at, timeline }) => {
    const events = timeline.filter(wasHeard).map(({ event: { id, created_at } }) => ({ id, created_at }))
    return { id, thread, active, ...(events.length > 0 ? { events: events.slice(-128) } : isTime(updated_at) && { at: updated_at }) }
  })
  return list.length > 0 ? JSON.stringify(list) : undefined
}

/** A page that is left is kept for the way back when it holds nothing. */
const page: Life = {
  onRest(fn, signal) {
    if (typeof document === 'undefined') return
    addEventListener('pagehide', fn, { signal })
    document.addEventListener('freeze', fn, { signal })
  },
  onWake(fn, signal) {
    if (typeof document === 'undefined') return
    addEventListener('pageshow', fn, { signal })
    document.addEventListener('resume', fn, { signal })
  },
}
