import { textOf } from './error.ts'
import { hold, unique, whenGone, type Locks } from './locks.ts'
import type { FromCore, FromHub, Port, Receive, ToCore, ToHub, WasmSource } from './messages.ts'

// One core for all tabs. A hub runs beside the core, in a Worker. Clients of different tabs that are the same person's
// become members of one line, which is one connection of the core: calls are answered to the member that made them,
// everything else goes to all.

/** What a hub takes from its surroundings. */
export interface HubEnvironment {
  /** Starts a core. */
  open(source: WasmSource, receive: Receive): Port
  setTimeout(fn: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** Tells which tabs live. */
  locks: Locks | undefined
}

/** A tab's end at the hub. */
export interface Seat {
  receive(data: ToHub): void
  /** The tab is gone. */
  leave(): void
}

/** Milliseconds that a connection outlives the last of its tabs, which may be loading anew, as long as there are others. */
const grace = 2_000

/** Milliseconds that a tab has for a token before another is asked, too. */
const patience = 10_000

interface Tab {
  readonly send: (data: FromHub) => void
  /** By the tab's own numbers. */
  readonly members: Map<number, Member>
  readonly gone: AbortController
  out: FromCore[]
}

interface Member {
  readonly tab: Tab
  readonly conn: number
  readonly line: Line
  /** The number under which it gets the state. */
  ref: number
  /** What it was told by another core: it hears nothing until this one knows what came since. */
  given?: string | undefined
  /** There is no connection to know it by, so it sees what there is. */
  sees?: boolean
}

interface Line {
  /** The number of the connection in the core. */
  readonly conn: number
  readonly key: string
  /** The one that did something last is the last. */
  readonly members: Set<Member>
  state?: FromCore & { type: 'state' }
  /** The number of the login under way, or its answer. */
  login?: { ref: number; answer?: string }
  /** Which token the core waits for, who was asked last, and for how long. */
  fresh?: boolean
  asked?: Member | undefined
  patience?: unknown
  /** For the end of the line. */
  end?: unknown
}

interface Call {
  readonly member: Member
  /** By the tab's own numbers. */
  readonly ref: number
  readonly action: string
}

export class Hub {
  readonly #env: HubEnvironment
  /** Also that of its lock. */
  readonly name = `rtmwidget hub ${unique()}`
  readonly #tabs = new Set<Tab>()
  readonly #lines = new Map<number, Line>()
  /** By the numbers that the core knows. */
  readonly #calls = new Map<number, Call>()
  /** The hub's own lock, which goes with its Worker. */
  readonly #held: Promise<void>
  #core: Port | undefined
  #ready = false
  #lastConn = 0
  #lastRef = 0

  constructor(env: HubEnvironment) {
    this.#env = env
    this.#held = env.locks ? hold(env.locks, this.name, new AbortController().signal) : Promise.resolve()
  }

  /** Seats a tab. `send` reaches it; `left` is called when it is gone. */
  attach(send: (data: FromHub) => void, left: () => void = () => {}): Seat {
    const tab: Tab = { send, members: new Map(), gone: new AbortController(), out: [] }
    tab.gone.signal.addEventListener('abort', left)
    return {
      receive: (data) => {
        if ('start' in data) this.#begin(tab, data.start, data.tab)
        else if ('bye' in data) this.#leave(tab)
        else if (this.#core && this.#tabs.has(tab)) this.#take(tab, data, this.#core)
        this.#flush()
      },
      leave: () => this.#leave(tab),
    }
  }

  #begin(tab: Tab, source: WasmSource, name: string | undefined): void {
    if (this.#tabs.has(tab)) return
    this.#tabs.add(tab)
    const { locks } = this.#env
    if (name && locks) whenGone(locks, name, tab.gone.signal, () => this.#leave(tab))
    void this.#held.then(() => tab.send({ hub: this.name }))
    if (this.#ready) tab.send({ ready: true })
    if (this.#core) return
    const core = this.#env.open(source, (messages) => this.#receive(messages))
    this.#core = core
    const answer = (data: FromHub) => {
      if (this.#core === core) for (const tab of this.#tabs) tab.send(data)
    }
    core.ready.then(
      () => {
        this.#ready = this.#core === core
        answer({ ready: true })
      },
      (cause) => {
        answer({ failed: textOf(cause) })
        if (this.#core === core) this.#forget()
      },
    )
  }

  #leave(tab: Tab): void {
    if (!this.#tabs.delete(tab)) return
    tab.gone.abort()
    for (const member of tab.members.values()) this.#quit(member, grace)
    this.#flush()
    if (this.#tabs.size > 0) return
    // Now, not later: a SharedWorker whose pages all are in the back/forward cache stands still.
    this.#core?.close()
    this.#forget()
  }

  #forget(): void {
    this.#core = undefined
    this.#ready = false
    for (const line of this.#lines.values()) this.#env.clearTimeout(line.end)
    for (const all of [this.#lines, this.#calls]) all.clear()
  }

  // From the tabs.

  #take(tab: Tab, message: ToCore, core: Port): void {
    if (message.type === 'wake') {
      core.post(message)
      return
    }
    if (message.type === 'create') {
      this.#join(tab, message, core)
      return
    }
    const member = tab.members.get(message.conn)
    if (!member) return
    const { line } = member
    const { conn } = line
    switch (message.type) {
      case 'cancel':
        this.#cancel(member, message.ref, core)
        break
      case 'token':
        if (line.fresh === undefined) break
        this.#env.clearTimeout(line.patience)
        delete line.asked
        delete line.fresh
        core.post({ ...message, conn })
        break
      case 'destroy':
        tab.members.delete(message.conn)
        this.#say(member, { type: 'destroyed', conn: 0 })
        this.#quit(member, 0)
        break
      default:
        line.members.delete(member) // it is the last to have done something
        line.members.add(member)
        if (message.type === 'call' && message.action === 'login') this.#login(message, member, core)
        else core.post({ ...message, conn, ref: this.#call(member, message.ref, message.type === 'call' ? message.action : '') })
        break
    }
  }

  #call(member: Member, ref: number, action = ''): number {
    this.#calls.set(++this.#lastRef, { member, ref, action })
    return this.#lastRef
  }

  #forgetCalls(of: Member): void {
    for (const [ref, { member }] of this.#calls) if (member === of) this.#calls.delete(ref)
  }

  #join(tab: Tab, message: ToCore & { type: 'create' }, core: Port): void {
    if (tab.members.has(message.conn)) return
    const { config } = message
    const key = config.share === undefined ? unique() : JSON.stringify(config)
    // One that has stopped stays so; whoever comes gets another.
    let line = [...this.#lines.values()].find((line) => line.key === key && line.state?.state !== 'stopped')
    const isNew = !line
    line ??= { conn: ++this.#lastConn, key, members: new Set() }
    const member: Member = { tab, conn: message.conn, line, ref: 0, given: message.given }
    member.ref = this.#call(member, 0)
    tab.members.set(message.conn, member)
    line.members.add(member)
    if (isNew) {
      this.#lines.set(line.conn, line)
      core.post({ ...message, conn: line.conn })
      return
    }
    this.#env.clearTimeout(line.end)
    if (line.state) this.#say(member, line.state)
    this.#welcome(member)
    if (!line.asked) this.#ask(line)
  }

  /** Brings a member to where its line is. */
  #welcome({ line: { conn }, ref, given }: Member): void {
    this.#core?.post({ type: 'snapshot', conn, ref, given })
  }

  /** A connection logs in once; the others get the same answer, or that of the latest reconnect. */
  #login({ ref, ...message }: ToCore & { type: 'call' }, member: Member, core: Port): void {
    const { line } = member
    const { conn, login } = line
    if (login?.answer !== undefined) {
      this.#say(member, { type: 'settle', conn, ref, payload: login.answer })
      return
    }
    const own = this.#call(member, ref, 'login')
    if (login) return
    // One that held before goes on under its own number.
    line.login = { ref: ref && own }
    core.post({ ...message, conn, ref: line.login.ref })
  }

  #loggedIn(line: Line, end: FromCore & { type: 'settle' }): void {
    if (end.failure) delete line.login
    else line.login = { ref: 0, answer: end.payload }
    for (const [own, { member, ref }] of this.#logins(line)) {
      this.#calls.delete(own)
      this.#say(member, { ...end, ref })
    }
  }

  #logins(of: Line): [number, Call][] {
    return [...this.#calls].filter(([, { member, action }]) => member.line === of && action === 'login')
  }

  #cancel(member: Member, ref: number, core: Port): void {
    const { line } = member
    for (const [own, call] of this.#calls) {
      if (call.member !== member || call.ref !== ref) continue
      let cancel = own
      if (call.action === 'login') {
        this.#calls.delete(own)
        // Others may wait for the same one.
        cancel = this.#logins(line).length === 0 ? (line.login?.ref ?? 0) : 0
      }
      if (cancel > 0) core.post({ type: 'cancel', conn: line.conn, ref: cancel })
    }
  }

  /** Takes a member out of its line, which ends with the last one. What it asked for is carried out, and nobody told. */
  #quit(member: Member, after: number): void {
    const { line } = member
    line.members.delete(member)
    this.#forgetCalls(member)
    if (line.asked === member) this.#ask(line)
    if (line.members.size > 0 || !this.#lines.has(line.conn)) return
    const end = () => {
      if (this.#lines.delete(line.conn)) this.#core?.post({ type: 'destroy', conn: line.conn })
    }
    if (after === 0) end()
    else line.end = this.#env.setTimeout(end, after)
  }

  /** One tab is asked for a token, the one that was used last; when it goes, or is frozen, another. The first answer counts. */
  #ask(line: Line, turn = 0): void {
    const { fresh, members } = line
    this.#env.clearTimeout(line.patience)
    if (fresh === undefined) return
    line.asked = [...members].at(-1 - (turn % members.size))
    if (!line.asked) return
    this.#say(line.asked, { type: 'needToken', conn: 0, fresh })
    line.patience = this.#env.setTimeout(() => {
      if (members.size > 1) this.#ask(line, turn + 1)
      this.#flush()
    }, patience)
  }

  // From the core.

  #receive(messages: FromCore[]): void {
    const changed = new Set<Line>()
    for (const message of messages) {
      if (message.type === 'crashed') {
        for (const tab of this.#tabs) tab.out.push(message)
        this.#forget()
        break
      }
      const line = this.#lines.get(message.conn)
      if (!line) continue
      this.#tell(line, message)
      if (message.type === 'patch' && message.ref === undefined) changed.add(line)
    }
    for (const { members, state } of changed) {
      for (const member of members) {
        if (member.given !== undefined && !(member.sees && state?.state === 'waiting')) this.#welcome(member)
      }
    }
    this.#flush()
  }

  #tell(line: Line, message: Exclude<FromCore, { type: 'crashed' }>): void {
    if ('ref' in message && message.type !== 'settle') {
      const { member, ref = 0 } = this.#calls.get(message.ref!) ?? {}
      if (!member) return
      if (message.type === 'patch' && member.given !== undefined && line.state?.state === 'waiting') {
        member.sees = true
        this.#say(member, { type: 'patch', conn: 0, ops: message.ops })
        return
      }
      if (message.type === 'patch') delete member.given
      this.#say(member, { ...message, ref })
      return
    }
    switch (message.type) {
      case 'settle': {
        if (message.ref === 0 || message.ref === line.login?.ref) {
          this.#loggedIn(line, message)
          return
        }
        const call = this.#calls.get(message.ref)
        this.#calls.delete(message.ref)
        if (!call) return
        if (call.action === 'logout' && !message.failure) delete line.login
        this.#say(call.member, { ...message, ref: call.ref })
        return
      }
      case 'needToken':
        line.fresh = message.fresh
        this.#ask(line)
        return
      case 'state':
        line.state = message
        if (message.state === 'stopped') {
          const failure = { type: 'closed', message: `the connection was ended${message.reason && `: ${message.reason}`}` }
          this.#loggedIn(line, { type: 'settle', conn: 0, ref: 0, payload: '', failure })
        }
        break
      case 'push':
        if (message.action === 'routing_status_set') keepStatus(line, message.payload)
        break
      case 'destroyed':
        this.#lines.delete(line.conn)
        for (const member of line.members) {
          member.tab.members.delete(member.conn)
          this.#forgetCalls(member)
        }
        break
    }
    for (const member of line.members) {
      const waits = member.given !== undefined && (message.type === 'push' || (message.type === 'patch' && !member.sees))
      if (!waits) this.#say(member, message)
    }
  }

  #say(member: Member, message: FromCore): void {
    member.tab.out.push({ ...message, conn: member.conn } as FromCore)
  }

  #flush(): void {
    for (const tab of this.#tabs) {
      if (tab.out.length === 0) continue
      const { out } = tab
      tab.out = []
      tab.send(out)
    }
  }
}

/** An agent's login says which routing status the agent has; the answer kept for later tabs follows it. */
function keepStatus({ login }: Line, payload: string): void {
  if (login?.answer === undefined) return
  const { agent_id, status } = JSON.parse(payload) as { agent_id: string; status: string }
  const answer = JSON.parse(login.answer) as { my_profile?: { id: string; routing_status: string } }
  if (answer.my_profile?.id !== agent_id) return
  answer.my_profile.routing_status = status
  login.answer = JSON.stringify(answer)
}
