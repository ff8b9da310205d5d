/** The part of Web Locks that is used here. Absent in pages that are no secure context. */
export type Locks = Pick<LockManager, 'request'>

export const locksHere = (): Locks | undefined => globalThis.navigator?.locks

/** Holds a lock until `signal` fires. Resolves when it is held, also in the very moment when that is over. */
export function hold(locks: Locks, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((held, failed) => {
    const until = () => {
      held()
      return new Promise<void>((release) => {
        if (signal.aborted) release()
        signal.addEventListener('abort', () => release())
      })
    }
    locks.request(name, { signal }, until).catch(failed)
  })
}

/** Calls `fn` when nobody holds the lock any more: its holder is gone, however that came about. */
export function whenGone(locks: Locks, name: string, signal: AbortSignal, fn: () => void): void {
  locks.request(name, { mode: 'shared', signal }, () => {}).then(
    () => {
      if (!signal.aborted) fn()
    },
    () => {}, // nobody waits any more
  )
}

/** What nobody else has. */
export const unique = (): string => crypto.getRandomValues(new Uint32Array(3)).join('-')
