import type { Strings } from './strings.ts'

/** formatTime is the time of day of an RFC 3339 string, '' for anything else. */
export function formatTime(at: string | undefined, locale: string, timeZone?: string): string {
  const date = parse(at)
  return date ? new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', timeZone }).format(date) : ''
}

/** formatDay names a day as people do: today, yesterday, a weekday of the last week, else the date. */
export function formatDay(at: string, now: Date, s: Strings): string {
  const date = parse(at)
  if (!date) return ''
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000)
  if (days === 0) return s.today
  if (days === 1) return s.yesterday
  if (days > 1 && days < 7) return new Intl.DateTimeFormat(s.locale, { weekday: 'long' }).format(date)
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(s.locale, { day: 'numeric', month: 'long', year }).format(date)
}

/** formatWhen is what a list shows beside a chat: the time for today, else the day. */
export function formatWhen(at: string | undefined, now: Date, s: Strings): string {
  const date = parse(at)
  if (!date || !at || date.getTime() === 0) return '' // the model says 1970 where the server gave no time
  if (midnight(date) === midnight(now)) return formatTime(at, s.locale)
  const day = formatDay(at, now, s)
  return day === s.yesterday ? day : new Intl.DateTimeFormat(s.locale, { day: 'numeric', month: 'short' }).format(date)
}

/** formatWait rounds an estimate in seconds up to whole minutes; '' when there is none. */
export function formatWait(seconds: number | undefined, s: Strings): string {
  if (seconds === undefined || !(seconds > 0)) return ''
  return seconds < 60 ? s.lessThanMinute : s.minutes(Math.ceil(seconds / 60))
}

/** formatSize is a number of bytes in the largest fitting unit. */
export function formatSize(bytes: number, s: Strings): string {
  const [unit, of] = bytes < 1024 ? ['byte', 1] as const : bytes < 1 << 20 ? ['kilobyte', 1024] as const : ['megabyte', 1 << 20] as const
  return new Intl.NumberFormat(s.locale, { style: 'unit', unit, maximumFractionDigits: unit === 'megabyte' ? 1 : 0 }).format(bytes / of)
}

/** initials takes at most two letters from a name: first and last word. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/u).filter(Boolean)
  const first = [...(words[0] ?? '')][0] ?? ''
  const last = words.length > 1 ? [...(words[words.length - 1] ?? '')][0] ?? '' : ''
  return (first + last).toLocaleUpperCase()
}

/** hue spreads ids over the six avatar colours, the same id always on the same one. */
export function hue(id: string): number {
  let sum = 0
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0
  return sum % 6
}

export function formatNumber(n: number, s: Pick<Strings, 'locale'>): string {
  return new Intl.NumberFormat(s.locale).format(n)
}

/** badge keeps the unread number short enough for its circle. */
export function badge(unread: number, s: Pick<Strings, 'locale'>): string {
  return unread > 99 ? `${formatNumber(99, s)}+` : formatNumber(unread, s)
}

function parse(at: string | undefined): Date | undefined {
  const ms = at ? Date.parse(at) : NaN
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

function midnight(date: Date): number {
  // Noon avoids a day too few or too many where the clock changes at midnight.
  return new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime()
}
