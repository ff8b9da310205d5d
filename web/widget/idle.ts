/** whenIdle calls fn when the page has been loaded and has nothing else to do, unless signal is aborted before. */
export function whenIdle(fn: () => void, signal: AbortSignal): void {
  const rest = () => {
    if (signal.aborted) return
    const run = () => {
      signal.removeEventListener('abort', end)
      fn()
    }
    const idles = typeof requestIdleCallback === 'function'
    const wait = idles ? requestIdleCallback(run, { timeout: 3000 }) : setTimeout(run, 200) as unknown as number
    const end = () => idles ? cancelIdleCallback(wait) : clearTimeout(wait)
    signal.addEventListener('abort', end)
  }
  if (document.readyState === 'complete') rest()
  else addEventListener('load', rest, { once: true, signal })
}
