import { whenIdle } from './idle.ts'

/** whenMoved calls fn after the page's address has changed without a new page, until signal is aborted. */
export function whenMoved(fn: (page: { url: string; title: string }) => void, signal: AbortSignal): void {
  let last = location.href
  const look = () => {
    const { href: url } = location
    if (url === last) return
    last = url
    fn({ url, title: document.title })
  }
  // A page that draws another route has its title a little later.
  const moved = () => whenIdle(look, signal)
  addEventListener('popstate', moved, { signal })
  ;(globalThis as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', moved, { signal })
}
