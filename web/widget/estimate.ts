import { fit } from './file.ts'
import { drawn } from './rich.ts'
import { list, raw, str } from './raw.ts'
import type { Row } from './groups.ts'

// Pixels, at the usual size of text. Nothing depends on their being right: a height that turns out to be another moves the
// scroll bar a little.
const line = 21.75
const letter = 7.4
const padding = 19
const author = 17
const gap = 14

/** estimate is about how high a row will be that was never drawn. */
export function estimate(row: Row, width: number): number {
  if (row.kind !== 'group') return line + gap
  let height = gap + (row.continues || row.side === 'system' ? 0 : author)
  const letters = Math.max(10, (Math.min((width || 384) - 68, 600) * 0.85 - 26) / letter)
  for (const { event: source, deleted } of row.items) {
    const event = raw(source)
    if (!deleted && event.type === 'file') height += (fit(event.width, event.height).height ?? line) + padding
    else if (!deleted && drawn(event)) height += str(event.template_id) === 'cards' ? 260 : 120
    else if (!deleted && event.type === 'form') height += 90 * list(event.fields).length
    else height += lines(str(event.text), letters) * line + padding
  }
  return height
}

function lines(text: string, letters: number): number {
  let n = 0
  for (const part of text.split('\n')) n += Math.max(1, Math.ceil(part.length / letters))
  return n
}
