// What is told to many.

/** Each registration is its own, also of the same function. */
export function listen<F extends (...args: never[]) => void>(fns: Set<F>, fn: NoInfer<F>): () => void {
  const own = ((...args) => fn(...args)) as F
  fns.add(own)
  return () => void fns.delete(own)
}

/** Listens by `on` until `fn` was called once. */
export function once<F extends (...args: never[]) => void>(on: (fn: F) => () => void, fn: F): () => void {
  const off = on(((...args) => {
    off()
    fn(...args)
  }) as F)
  return off
}

/** Calls all; one that throws does not keep the others from it. */
export function tell<F>(fns: Set<F> | undefined, call: (fn: F) => void): void {
  for (const fn of fns ? [...fns] : []) {
    if (!fns!.has(fn)) continue
    try {
      call(fn)
    } catch (cause) {
      if (typeof reportError === 'function') reportError(cause)
      else queueMicrotask(() => { throw cause })
    }
  }
}
