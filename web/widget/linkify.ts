export interface Link { text: string; href: string }

/**
 * linkify cuts text into plain pieces and web addresses. Only http and https become links;
 * closing punctuation and an unmatched bracket stay outside of the address.
 */
export function linkify(text: string): Array<string | Link> {
  const out: Array<string | Link> = []
  let from = 0
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/giu)) {
    const raw = trim(match[0])
    const href = safeURL(raw)
    if (!href) continue
    if (match.index > from) out.push(text.slice(from, match.index))
    out.push({ text: raw, href })
    from = match.index + raw.length
  }
  if (from < text.length) out.push(text.slice(from))
  return out
}

/** safeURL is the address when it is an absolute http or https one, or a mailto or tel one where those can be opened; else undefined. */
export function safeURL(raw: unknown, opened = false): string | undefined {
  if (typeof raw !== 'string') return undefined
  try {
    const url = new URL(raw)
    return (opened ? /^(?:https?|mailto|tel):$/u : /^https?:$/u).test(url.protocol) ? url.href : undefined
  } catch {
    return undefined
  }
}

/** phoneURL is the address that calls a number, undefined for what is none. */
export function phoneURL(raw: string): string | undefined {
  const number = raw.replace(/^tel:/iu, '').replace(/[\s().\/-]/gu, '')
  return /^\+?[\d*#]{2,20}$/u.test(number) ? `tel:${number.replaceAll('#', '%23')}` : undefined
}

function trim(raw: string): string {
  let end = raw.length
  // How many of the closing ones have no opening one; counted once, the text may be long.
  let round = count(raw, ')') - count(raw, '(')
  let square = count(raw, ']') - count(raw, '[')
  for (;;) {
    const last = raw[end - 1] ?? ''
    if (last === ')' && round > 0) round--
    else if (last === ']' && square > 0) square--
    else if (!/[.,;:!?'”’…]/u.test(last)) return raw.slice(0, end)
    end--
  }
}

function count(text: string, char: string): number {
  let n = 0
  for (let i = text.indexOf(char); i >= 0; i = text.indexOf(char, i + 1)) n++
  return n
}
