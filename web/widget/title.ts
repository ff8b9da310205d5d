// The page has one title, and maybe several widgets. What each of them has to tell is added up here.
const counts = new Map<object, number>()
let page = ''
let shown = ''

/** badgeTitle puts the number of unread messages of a widget before the page's title as long as the page is hidden. */
export function badgeTitle(widget: object, unread: number): void {
  if (unread) counts.set(widget, unread)
  else counts.delete(widget)
  if (counts.size) document.addEventListener('visibilitychange', draw)
  else document.removeEventListener('visibilitychange', draw)
  draw()
}

/** pageTitle is the title without the number. */
export const pageTitle = (): string => shown && document.title === shown ? page : document.title

function draw(): void {
  const sum = document.visibilityState === 'hidden' ? [...counts.values()].reduce((a, b) => a + b, 0) : 0
  if (!sum && !shown) return
  page = pageTitle() // the page may have changed its title meanwhile
  shown = sum ? `(${sum}) ${page}` : ''
  const title = shown || page
  if (document.title !== title) document.title = title
}
