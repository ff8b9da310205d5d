import { control, Refused, type Entry } from './control.ts'

/** How many frames of the past a page begins with. */
const past = 200
/** Milliseconds between attempts while rtmd is away. */
const again = 1000

export type JournalState = 'connecting' | 'live' | 'away' | 'refused'

/**
 * follow reads the journal's live stream and gives its entries in batches, one for each picture that the browser draws. It
 * comes back by itself after rtmd was away, and from the beginning when that is another rtmd.
 */
export function follow(take: (entries: Entry[]) => void, tell: (state: JournalState, why: string) => void): void {
  let last = 0
  let batch: Entry[] = []
  let waits = false
  const flush = () => {
    waits = false
    const entries = batch
    batch = []
    take(entries)
  }
  const add = (entry: Entry) => {
    last = entry.seq
    batch.push(entry)
    // A tab in the background draws nothing, and must not collect either.
    if (waits) return
    waits = true
    if (document.visibilityState === 'visible') requestAnimationFrame(flush)
    else setTimeout(flush, 100)
  }
  const open = async () => {
    try {
      const newest = await control('GET', 'journal?limit=1')
      const seq = newest ? (JSON.parse(newest) as Entry).seq : 0
      if (seq < last) last = 0
    } catch (cause) {
      const refused = cause instanceof Refused && cause.status >= 400 && cause.status < 500
      tell(refused ? 'refused' : 'away', cause instanceof Error ? cause.message : '')
      if (!refused) setTimeout(() => void open(), again)
      return
    }
    const stream = new EventSource(`/_rtmd/journal?follow=1&${last ? `after=${last}` : `limit=${past}`}`)
    stream.onopen = () => tell('live', '')
    stream.onmessage = ({ data }) => add(JSON.parse(String(data)) as Entry)
    stream.onerror = () => {
      stream.close()
      tell('away', 'rtmd does not answer')
      setTimeout(() => void open(), again)
    }
  }
  tell('connecting', '')
  void open()
}
