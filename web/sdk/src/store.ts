// What was not sent yet outlives a reload: IndexedDB keeps it, and a Web Lock says which tab answers for it. The lock goes
// with its tab, however that ends; whoever gets it then takes over.

import { hold, unique } from './locks.ts'

/** Something kept; only the core understands `value`. */
export interface StoredEntry {
  key: string
  value: string
}

/** What one connection keeps. */
export interface Store {
  /** Keeps `value` under `key`, or forgets `key` when it is null. Resolves when that is done. */
  put(key: string, value: string | null): Promise<void>
  /** What was kept stays, for the next one who opens it. */
  close(): void
}

export interface Opened {
  store: Store
  entries: StoredEntry[]
}

/**
 * Opens what is kept under `name`. `entries` are those of connections that are gone; those of others that end later are
 * given to `late`. Rejects where nothing can be kept.
 */
export type OpenStore = (name: string, late: (entries: StoredEntry[]) => void) => Promise<Opened>

interface Row extends StoredEntry {
  name: string
  owner: string
}

const table = 'kept'

/** The engine's own entry; every connection has one, the newest counts. */
const sideStorage = 'side_storage'

/** Whether this browser can keep what was not sent; it takes a secure context. */
export const canStore = (): boolean => Boolean(globalThis.indexedDB && globalThis.navigator?.locks)

export const openStore: OpenStore = async (name, late) => {
  if (!canStore()) throw new Error('there is no IndexedDB with Web Locks here')
  const { locks } = navigator
  const db = await openDatabase()
  const owner = unique()
  const closing = new AbortController()
  const { signal } = closing
  const lockOf = (of: string) => `rtmwidget ${name} ${of}`
  const rangeOf = (...start: string[]) => IDBKeyRange.bound([name, ...start], [name, ...start, []])
  const close = () => {
    closing.abort()
    db.close()
  }

  /** Also those whose entries could not be made this one's own: while the disk is full their locks are held instead. */
  const owners = [owner]

  const takeOver = async (from: string, give: (entries: StoredEntry[]) => void) => {
    let entries: StoredEntry[] = []
    try {
      await change<void>(db, (rows) => {
        const request = rows.getAll(rangeOf(from)) as IDBRequest<Row[]>
        request.onsuccess = () => {
          entries = request.result.map(({ key, value }) => ({ key, value }))
          rows.delete(rangeOf(from))
          for (const row of request.result) rows.put({ ...row, owner })
        }
      })
    } catch {
      owners.push(from)
    }
    give(entries)
    if (owners.includes(from)) await new Promise((over) => signal.addEventListener('abort', over))
  }

  try {
    await hold(locks, lockOf(owner), signal)
    const keys = await change(db, (rows, done: (keys: IDBValidKey[]) => void) => {
      const request = rows.getAllKeys(rangeOf())
      request.onsuccess = () => done(request.result)
    })
    const entries: StoredEntry[] = []
    for (const other of new Set((keys as string[][]).map((key) => key[1]!))) {
      const taken = await new Promise<StoredEntry[] | void>((give) => {
        void locks.request(lockOf(other), { ifAvailable: true }, (lock) => (lock ? takeOver(other, give) : give()))
      })
      if (taken) {
        entries.push(...taken)
        continue
      }
      locks.request(lockOf(other), { signal }, () => takeOver(other, (left) => late(left.filter((entry) => entry.key !== sideStorage)))).catch(
        () => {}, // closed first
      )
    }
    const put = (key: string, value: string | null) =>
      change<void>(db, (rows) => {
        for (const of of owners) rows.delete([name, of, key])
        if (value !== null) rows.put({ name, owner, key, value } satisfies Row)
      })
    return { store: { put, close }, entries }
  } catch (cause) {
    close()
    throw cause
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('rtmwidget', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: ['name', 'owner', 'key'] })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Runs one transaction; resolves with what `work` gave to `done`, once it is complete. */
function change<T>(db: IDBDatabase, work: (rows: IDBObjectStore, done: (result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(table, 'readwrite')
    let result: T
    transaction.oncomplete = () => resolve(result)
    transaction.onabort = () => reject(transaction.error ?? new Error('the storage gave up'))
    work(transaction.objectStore(table), (value) => (result = value))
  })
}
