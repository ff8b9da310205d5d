import { emptyState, load, type CustomerActs, type CustomerClient, type ModelChat, type ModelGreeting, type ModelState, type ModelUser } from 'rtmwidget'
import { persist } from './login.ts'
import { reason } from './reason.ts'
import type { Facts, Settings } from './settings.ts'
import type { Strings } from './strings.ts'
import { pageTitle } from './title.ts'

export interface SessionHost {
  settings(): Settings
  strings(): Strings
  /** There is a client, which takes acts already. */
  began(): void
  changed(before: ModelState): void
  failed(cause: unknown): void
  requestUpdate(): void
}

/** Session is the customer's connection: one client at a time, and what its model shows. */
export class Session {
  readonly #to: SessionHost
  /** Ends whatever of the connection is under way. */
  #life: AbortController | undefined
  #facts: Facts = {}
  #told: Facts = {}
  client: CustomerClient | undefined
  state: ModelState = emptyState
  /** Why there is no connection and none will be by itself; '' when there is one or will be. */
  failure = ''
  /** The connection broke, or never was, and is tried again. */
  lost = false

  constructor(to: SessionHost) {
    this.#to = to
  }

  /** warm gets the core before there is a connection. */
  warm(): void {
    if (!this.client) load()
  }

  async connect(): Promise<void> {
    if (this.#life) return
    const { organizationId, server, clientId, groupId, ...identity } = this.#to.settings()
    if (!organizationId) {
      this.failure = 'organization-id is missing'
      this.#to.requestUpdate()
      return
    }
    const life = new AbortController()
    this.#life = life
    this.failure = ''
    this.#to.requestUpdate()
    try {
      const client = load().customer({ organizationId, ...(server ? { server } : {}), ...(clientId ? { clientId } : {}), ...identity })
      this.client = client
      const unsubscribe = client.model.subscribe(state => this.#show(state))
      life.signal.addEventListener('abort', () => {
        unsubscribe()
        void client.close()
      })
      this.#show(client.model.state)
      this.#to.began()
      const { page = { url: location.href, title: pageTitle() } } = this.#facts
      this.#told = { page }
      await persist(() => client.login({ customer_page: page, ...(groupId === undefined ? {} : { group_id: groupId }) }), life.signal)
    } catch (cause) {
      if (life.signal.aborted) return
      this.failure = reason(cause, this.#to.strings())
      this.#to.failed(cause)
      this.#to.requestUpdate()
    }
  }

  disconnect(): void {
    this.#life?.abort()
    this.#life = undefined
    this.client = undefined
    this.state = emptyState
    this.failure = ''
    this.lost = false
    this.#told = {}
    this.#to.requestUpdate()
  }

  /** tell says what the page knows of the customer, now or when there is a connection. */
  tell(facts: Facts): void {
    this.#facts = facts
    this.#tell()
  }

  act<K extends keyof CustomerActs & string>(name: K, args: CustomerActs[K]): void {
    // What the core itself refuses is out of date at most: the chat has gone since it was drawn.
    this.client?.model.act(name, args).catch(() => this.#to.requestUpdate())
  }

  /** A customer has one chat; should there be more, the open one counts, else the newest. */
  get chat(): ModelChat | undefined {
    const { chats } = this.state
    return chats.find(chat => chat.active) ?? chats[0]
  }

  get agent(): ModelUser | undefined {
    const agents = this.chat?.users.filter(user => user.type === 'agent') ?? []
    return agents.find(user => user.present) ?? agents[0]
  }

  /** The invitation, as long as nobody talks. */
  get greeting(): ModelGreeting | undefined {
    return this.chat?.active ? undefined : this.state.greeting ?? undefined
  }

  get live(): boolean {
    return this.state.connection.state === 'live'
  }

  /** Where the connection is, for people: until the core has been loaded the model says idle, and they are waiting. */
  get connection(): keyof Strings['connection'] {
    const { state } = this.state.connection
    if (this.failure && state !== 'live') return 'stopped'
    return state === 'idle' && this.#life ? 'connecting' : state
  }

  #show(state: ModelState): void {
    const before = this.state
    this.state = state
    if (this.live) this.failure = ''
    if (this.live || state.connection.state === 'stopped') this.lost = false
    else if (state.connection.state === 'waiting') this.lost = true
    this.#tell()
    this.#to.changed(before)
  }

  #tell(): void {
    const { client } = this
    if (!client || !this.live || this.#told === this.#facts) return
    const { name, email, sessionFields, page } = this.#facts
    const told = this.#told
    this.#told = this.#facts
    const fail = (cause: unknown) => {
      if (client === this.client) this.#to.failed(cause)
    }
    if (name !== told.name || email !== told.email) {
      client.updateCustomer({ ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) }).catch(fail)
    }
    if (page && page !== told.page) client.updateCustomerPage(page).catch(fail)
    if (sessionFields && sessionFields !== told.sessionFields) {
      client.setCustomerSessionFields(Object.entries(sessionFields).map(([key, value]) => ({ [key]: value }))).catch(fail)
    }
  }
}
