import type * as agent from './agent/objects.gen.ts'
import type * as customer from './customer/objects.gen.ts'

/** Where the connection is. Only `stopped` is final. */
export type ConnectionState = 'idle' | 'connecting' | 'authorizing' | 'syncing' | 'live' | 'waiting' | 'stopped'

/** What a screen shows. A change makes new objects of everything that it touches and keeps all others. */
export interface ModelState {
  readonly connection: ModelConnection
  /** Who is logged in; null before the first login. */
  readonly me: ModelPerson | null
  /** Whether the customer's group can take a chat. */
  readonly availability?: ModelAvailability | null
  /** The invitation on display. */
  readonly greeting?: ModelGreeting | null
  /** The blank form that was asked for. */
  readonly form?: ModelForm | null
  /** The last act about no chat that failed, until it is dismissed or succeeds. */
  readonly error?: ModelFailure | null
  /** The most recently active first. */
  readonly chats: readonly ModelChat[]
}

export interface ModelConnection {
  readonly state: ConnectionState
  /** What is shown may be behind: the connection broke and what was missed is not fetched yet. */
  readonly stale?: true
  /** The server is silent; the connection is about to be given up. */
  readonly unstable?: true
  /** Why it is not live: a disconnect reason of the protocol or the type of an error. */
  readonly reason?: string
  /** When the next attempt is made; RFC 3339. */
  readonly retry_at?: string
}

export type GroupAvailability = 'online' | 'online_for_queue' | 'offline'

export interface ModelAvailability {
  /** Of the customer's own group. */
  readonly status: GroupAvailability
  readonly group: number
  /** Of the groups that were told, by id. */
  readonly groups: Readonly<Record<string, GroupAvailability>>
}

/** As the server sent it. */
export interface ModelGreeting {
  readonly id: number
  readonly unique_id: string
  readonly accepted?: boolean
  readonly displayed_first_time?: boolean
  readonly addon?: string
  readonly subtype?: string
  readonly is_exit_intent?: boolean
  readonly event: Readonly<Record<string, unknown>>
  readonly agent: { readonly id: string; readonly name: string; readonly avatar?: string; readonly job_title?: string; readonly is_bot?: boolean }
}

export interface ModelForm {
  readonly type: 'prechat' | 'postchat' | 'ticket'
  readonly group: number
  /** `disabled`: there is none to be filled in. */
  readonly state: 'loading' | 'ready' | 'disabled' | 'failed'
  /** With `ready`; as the server sent it. */
  readonly form?: { readonly id?: string; readonly fields: ReadonlyArray<Readonly<Record<string, unknown>>> }
  /** With `failed`. */
  readonly error?: { readonly type: string; readonly message: string }
}

export interface ModelFailure {
  readonly act: string
  readonly type: string
  readonly message: string
}

export interface ModelPerson {
  readonly id: string
  readonly type: 'customer' | 'agent'
  readonly name: string
}

export interface ModelUser extends ModelPerson {
  readonly avatar?: string
  /** Takes part in the active thread. */
  readonly present: boolean
  readonly typing: boolean
  /** What the customer has in the input box; for customers, what there is of an answer that is still being written. */
  readonly sneak_peek?: string
  /** An answer is being prepared; the texts may be empty. Customers only. */
  readonly thinking?: { readonly title: string; readonly description: string }
  /** RFC 3339. */
  readonly events_seen_up_to?: string
}

export interface ModelChat {
  /** `''` while the server has yet to name a chat that is just being started. */
  readonly id: string
  /** The newest thread. */
  readonly thread_id: string
  /** Whether that thread is open. */
  readonly active: boolean
  /** Only while the chat waits for an agent. */
  readonly queue?: { readonly position: number; readonly wait_time: number }
  readonly users: readonly ModelUser[]
  /** Events of others that were not seen yet. */
  readonly unread: number
  /** Whether the timeline was fetched. */
  readonly loaded: boolean
  /** Whether there is something older: see the act `older`. */
  readonly more?: boolean
  /** Older threads are on their way. */
  readonly loading?: true
  /** Of the newest thread. */
  readonly rating?: { readonly score?: number; readonly comment?: string }
  /** The last act about the chat that failed, until it is dismissed or succeeds. */
  readonly error?: ModelFailure
  /** The last activity; RFC 3339 in UTC with microseconds. */
  readonly updated_at: string
  /** Oldest first, what is pending last. */
  readonly timeline: readonly ModelItem[]
}

/** An event as a screen shows it. */
export interface ModelItem {
  /** Stays the same from pending to sent. */
  readonly key: string
  readonly state: 'sent' | 'pending' | 'failed'
  /** Why it failed. */
  readonly error?: { readonly type: string; readonly message: string }
  /** It was missed while there was no connection. */
  readonly recovered?: true
  /** It was deleted: the event has no content any more. */
  readonly deleted?: true
  /** Its content was changed after it was sent; that somebody toggled a button is no such change. */
  readonly updated?: true
  /** It was sent, as its answer says; its push is still to come. */
  readonly unconfirmed?: true
  /** A file on its way to where files are kept; bytes. */
  readonly upload?: { readonly sent: number; readonly size: number }
  readonly thread_id: string
  /** As the server sent it. A pending or failed one has no `id` yet, and this machine's time in `created_at`. */
  readonly event: ModelEvent
}

/** An event whose `id` the server has yet to give when it is pending or failed. */
export type ModelEvent = Pending<customer.Event | agent.ThreadEvent>

type Pending<E> = E extends { id: string } ? { [K in keyof E as K extends 'id' ? never : K]: E[K] } & { id?: string } : never

/** The state before anything is known. */
export const emptyState: ModelState = {
  connection: { state: 'idle' },
  me: null,
  availability: null,
  greeting: null,
  form: null,
  error: null,
  chats: [],
}

/** One step from a state to the next, as the core's model writes them. */
export type PatchOp =
  | { op: 'reset'; state: ModelState }
  | { op: 'connection'; connection: ModelConnection }
  | { op: 'me'; me: ModelPerson | null }
  | { op: 'availability'; availability: ModelAvailability | null }
  | { op: 'greeting'; greeting: ModelGreeting | null }
  | { op: 'form'; form: ModelForm | null }
  | { op: 'error'; error: ModelFailure | null }
  | { op: 'chat'; chat: Omit<ModelChat, 'timeline'> }
  | { op: 'put'; chat_id: string; key: string; index: number; item: ModelItem }
  | { op: 'remove'; chat_id: string; key: string }
  | { op: 'drop'; chat_id: string }

/**
 * Applies a patch and returns the next state; `state` itself when nothing changed. Steps that name a chat which is not
 * there, and steps of a kind that this version does not know, change nothing.
 */
export function applyPatch(state: ModelState, ops: readonly PatchOp[]): ModelState {
  let rest = state // what is no list is replaced as it is
  let chats = state.chats
  // Timelines and the chat list are copied once a patch, not once a step.
  const fresh = new Map<string, { timeline: ModelItem[]; keys?: Set<string> }>()
  let sort = false

  const chatAt = (id: string) => chats.findIndex((chat) => chat.id === id)
  const replace = (at: number, chat: ModelChat) => {
    chats = chats.map((old, i) => (i === at ? chat : old))
  }
  /** Takes out the item with the key, if it is there, and gives the timeline. */
  const without = (id: string, key: string) => {
    const at = chatAt(id)
    const chat = chats[at]
    if (!chat) return undefined
    let copy = fresh.get(id)
    if (!copy) {
      copy = { timeline: [...chat.timeline] }
      // Most of a long patch are older items, all new: none of them has to be looked for.
      if (ops.length > 16) copy.keys = new Set(chat.timeline.map((item) => item.key))
      fresh.set(id, copy)
      replace(at, { ...chat, timeline: copy.timeline })
    }
    const { timeline, keys } = copy
    if (!keys || keys.delete(key)) {
      const found = timeline.findIndex((item) => item.key === key)
      if (found >= 0) timeline.splice(found, 1)
    }
    return copy
  }

  for (const op of ops) {
    switch (op.op) {
      case 'reset':
        rest = op.state
        chats = op.state.chats
        fresh.clear()
        break
      case 'connection':
      case 'me':
      case 'availability':
      case 'greeting':
      case 'form':
      case 'error':
        rest = { ...rest, [op.op]: op[op.op as never] }
        break
      case 'chat': {
        const at = chatAt(op.chat.id)
        const old = chats[at]
        if (old) replace(at, { ...op.chat, timeline: old.timeline })
        else chats = [...chats, { ...op.chat, timeline: [] }]
        if (old?.updated_at !== op.chat.updated_at) sort = true
        break
      }
      case 'put': {
        const copy = without(op.chat_id, op.key)
        copy?.timeline.splice(op.index, 0, op.item)
        copy?.keys?.add(op.key)
        break
      }
      case 'remove':
        without(op.chat_id, op.key)
        break
      case 'drop':
        fresh.delete(op.chat_id)
        if (chatAt(op.chat_id) >= 0) chats = chats.filter((chat) => chat.id !== op.chat_id)
        break
    }
  }
  if (sort) chats = [...chats].sort(byActivity)
  if (rest === state && chats === state.chats) return state
  return { ...rest, chats }
}

/** The times have one width, so their texts sort. */
function byActivity(a: ModelChat, b: ModelChat): number {
  if (a.updated_at !== b.updated_at) return a.updated_at < b.updated_at ? 1 : -1
  return a.id < b.id ? -1 : 1
}

/** The model of a client: the state to draw, and what the person in front of it does. */
export interface ClientModel<A> {
  /** The state now. Immutable; a change replaces it, and what it holds stays the same object where nothing changed. */
  readonly state: ModelState
  /** `state` as a function; with `subscribe` it is what React's `useSyncExternalStore` takes. Neither needs its `this`. */
  getSnapshot(): ModelState
  /** Calls `fn` after each change, not at once. Returns the function that ends it. */
  subscribe(fn: (state: ModelState) => void): () => void
  /**
   * Does something: the state shows it at once, the server hears of it in the background, and a failure appears in the
   * state. Resolves when the core has taken it; rejects with an `RTMError` of type `validation` when the arguments are
   * wrong, naming the field.
   */
  act<K extends keyof A & string>(name: K, args: A[K], init?: { signal?: AbortSignal }): Promise<void>
}
