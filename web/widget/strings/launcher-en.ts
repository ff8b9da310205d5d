import { counted, type Counted } from './counted.ts'

/** What the launcher says. Its English is apart, for the panel, which needs no other. */
export interface LauncherStrings {
  open: string
  openUnread: Counted
  close: string
  unavailable: string
}

export const launcherEn: LauncherStrings = {
  open: 'Open chat',
  openUnread: counted<'en'>({ one: 'Open chat, {n} unread message', other: 'Open chat, {n} unread messages' }),
  close: 'Close chat window',
  unavailable: 'The chat could not be loaded.',
}
