// What the launcher says; it comes before the catalogues of strings.ts, which hold it too.

export const launcherEn = {
  open: 'Open chat',
  openUnread: (n: number) => n === 1 ? 'Open chat, 1 unread message' : `Open chat, ${n} unread messages`,
  close: 'Close chat window',
  unavailable: 'The chat could not be loaded.',
}

export type LauncherStrings = typeof launcherEn
