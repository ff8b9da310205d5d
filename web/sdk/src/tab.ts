import { RTMError } from './error.ts'
import { unique } from './locks.ts'
import type { FromCore, Port, Receive, ToCore } from './messages.ts'
import type { ModelState } from './model.ts'

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

/** Tells when a page cannot be seen any more, and when it can be again. */
export type Life = (rest: () => void, wake: () => void, signal: AbortSignal) => void

type Message<T extends ToCore['type']> = ToCore & { type: T }
/** What is settled. */
type Asked = Exclude<Extract<ToCore, { ref: number }>, { type: 'cancel' | 'snapshot' }>

interface Conn {
  readonly create: Message<'create'>
  /** What was asked and is not settled; and whether a core has heard of it. */
  readonly asked: Map<number, { readonly message: Asked; posted?: boolean }>
  /** The login that holds. */
  login?: Message<'call'>
  /** The chats that an agent looks at, which another core does not know. */
  readonly opened: Map<string, Message<'act'>>
  /** What the page was told by the last core; while another one has yet to fetch what came since. */
  given?: string | undefined
  closing?: boolean
}

/** The number of what the page did not ask for. */
const own = 0

/** What may be asked twice: it reads, or the second time changes nothing. */
const repeatable =
  /^(ping|list_.*|get_.*|mark_events_as_seen|login|send|seen|sneak_peek|typing|open|older|recent|dismiss|discard|form|form_cancel)$/

export class Tab implements Port {
  readonly ready: Promise<void>
  readonly #connect: Connect
  readonly #receive: Receive
  readonly #stateOf: (conn: number) => ModelState | undefined
  readonly #conns = new Map<number, Conn>()
  readonly #listening = new AbortController()
  #settle: [resolve: () => void, reject: (error: RTMError) => void] | undefined
  #post: ((message: ToCore) => void) | undefined
  #leave: (() => void) | undefined

  /** `stateOf` is what the page shows. */
  constructor(connect: Connect, receive: Receive, stateOf: (conn: number) => ModelState | undefined, life: Life = lifeOfPage) {
    this.#connect = connect
    this.#receive = receive
    this.#stateOf = stateOf
    this.ready = new Promise((...settle) => (this.#settle = settle))
    life(() => this.#rest(), () => this.#begin(), this.#listening.signal)
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
        if (message.type === 'act') {
          // The key tells a message that is sent again from a new one.
          if (message.name === 'send' && message.args !== '{}') message = { ...message, args: withArgs(message, `"key":"${unique()}"`) }
          if (message.name === 'open') c.opened.set((JSON.parse(message.args) as { chat_id: string }).chat_id, message)
        }
        const asked = { message }
        c.asked.set(message.ref, asked)
        this.#pass(c, asked)
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

  /** Passes on what was asked. An act that is about a chat waits until the core knows that. */
  #pass(c: Conn, asked: { readonly message: Asked; posted?: boolean }): void {
    const { message, posted } = asked
    const send = message.type === 'act' && message.name === 'send'
    if (!this.#post || (c.given && message.type === 'act' && !send)) return
    this.#post(posted && send ? { ...message, args: withArgs(message, again) } : message)
    asked.posted = true
  }

  // The way to the core.

  #begin(): void {
    if (this.#leave) return
    let alive = true
    const living =
      <A extends unknown[]>(fn: (...args: A) => void) =>
      (...args: A) => {
        if (alive) fn(...args)
      }
    const leave = this.#connect({
      up: living((post) => {
        this.#post = post
        for (const [conn, c] of this.#conns) this.#goOn(conn, c, post)
      }),
      ready: living(() => {
        this.#settle?.[0]()
        this.#settle = undefined
      }),
      down: living(() => this.#down()),
      receive: living((messages) => this.#take(messages)),
      fail: living((why) => {
        const settle = this.#settle
        if (!settle) {
          this.#receive([{ type: 'crashed', message: why }])
          return
        }
        this.close()
        settle[1](new RTMError('core_failed', why))
      }),
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

  #down(): void {
    this.#post = undefined
    for (const c of this.#conns.values()) if (c.closing) this.#destroyed(c)
  }

  #destroyed({ create: { conn } }: Conn): void {
    if (this.#conns.delete(conn)) this.#receive([{ type: 'destroyed', conn }])
  }

  /** Brings a core to where the one before it was. */
  #goOn(conn: number, c: Conn, post: (message: ToCore) => void): void {
    const chats = this.#stateOf(conn)?.chats ?? []
    const { login } = c
    if (login) c.given ??= given(chats, c.opened)
    post({ ...c.create, ...(c.given && { given: c.given }) })
    if (login) post({ ...login, ref: own })
    else if (chats.length > 0) post({ type: 'snapshot', conn, ref: own })
    // Of what is shown as pending, the core may not know all.
    for (const { id, timeline } of chats) {
      for (const { key, state, event, upload } of timeline) {
        if (state !== 'pending' || event.type !== 'message' || upload) continue
        const args = JSON.stringify({ key, again: true, text: event.text, postback: event.postback, ...(id && { chat_id: id }) })
        post({ type: 'act', conn, ref: own, name: 'send', args })
      }
    }
    for (const [ref, asked] of [...c.asked]) {
      const { message } = asked
      const name = message.type === 'call' ? message.action : message.type === 'act' ? message.name : 'upload'
      if (!asked.posted || repeatable.test(name)) {
        this.#pass(c, asked)
        continue
      }
      c.asked.delete(ref)
      const failure = { type: 'connection_lost', message: `the core is gone with its answer to ${name}; the outcome is unknown` }
      this.#receive([{ type: 'settle', conn, ref, payload: '', failure }])
    }
  }

  // From the core.

  #take(messages: FromCore[]): void {
    const out: FromCore[] = []
    const whole: Conn[] = []
    for (const message of messages) {
      const c = message.type === 'crashed' ? undefined : this.#conns.get(message.conn)
      if (c && message.type === 'settle') {
        if (message.ref === own) continue
        const { message: asked } = c.asked.get(message.ref) ?? {}
        c.asked.delete(message.ref)
        if (asked?.type === 'call' && !message.failure) {
          if (asked.action === 'login') c.login = asked
          if (asked.action === 'logout') delete c.login
        }
      } else if (c?.given && message.type === 'patch' && message.ref !== undefined) {
        whole.push(c)
      } else if (c && message.type === 'destroyed') {
        this.#conns.delete(message.conn)
      }
      out.push(message)
    }
    if (out.length > 0) this.#receive(out)
    for (const c of whole) {
      c.given = undefined
      for (const open of c.opened.values()) this.#post?.({ ...open, ref: own })
      for (const asked of c.asked.values()) if (!asked.posted) this.#pass(c, asked)
    }
  }
}

const again = '"again":true'

/** An act's arguments with one before the others. */
const withArgs = ({ args }: Message<'act'>, more: string) => `{${more},${args.slice(1)}`

/** What the page was told of its chats, as the engine takes it. */
function given(chats: ModelState['chats'], opened: ReadonlyMap<string, unknown>): string {
  return JSON.stringify(
    chats.map(({ id, thread_id: thread, active, updated_at, timeline }) => {
      const events = timeline.filter(({ state, unconfirmed }) => state === 'sent' && !unconfirmed).slice(-128)
      // A chat of which only the name is known has no time.
      const at = events.length > 0 || updated_at < '1971' ? undefined : updated_at
      return { id, thread, active, at, open: opened.has(id), events: events.map(({ event: { id, created_at } }) => ({ id, created_at })) }
    }),
  )
}

/** A page that is left is kept for the way back when it holds nothing. */
const lifeOfPage: Life = (rest, wake, signal) => {
  if (typeof document === 'undefined') return
  addEventListener('pagehide', rest, { signal })
  addEventListener('pageshow', wake, { signal })
  document.addEventListener('freeze', rest, { signal })
  document.addEventListener('resume', wake, { signal })
}
