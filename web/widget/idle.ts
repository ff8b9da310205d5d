/** whenIdle calls fn when the page has been loaded and has nothing else to do, unless signal is aborted before. */
export function whenIdle(fn: () => void, signal: AbortSignal): void {
  const rest = () => {
    if (signal.aborted) return
    const [wait, end] = typeof requestIdleCallback === 'function'
      ? [requestIdleCallback(fn, { timeout: 3000 }), cancelIdleCallback]
      : [setTimeout(fn, 200), clearTimeout]
    signal.addEventListener('abort', () => end(wait as number))
  }
  if (document.readyState === 'complete') rest()
  else addEventListener('load', rest, { once: true, signal })
}
