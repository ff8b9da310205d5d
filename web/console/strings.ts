import { en } from '../widget/strings.ts'

/** Every text of the console: those of the conversation, and its own. */
export const strings = {
  ...en,

  back: 'Back to chats',
  chats: 'Chats',
  activeChats: 'Active',
  queuedChats: 'In queue',
  closedChats: 'Closed',
  queued: (position: number) => `Queue ${position}`,
  closed: 'Closed',
  unread: (n: number) => `${n} unread`,
  noChats: 'No chats yet',
  noChatsText: 'A chat appears here as soon as a customer writes.',
  noSelection: 'Choose a chat',
  noSelectionText: 'The conversation opens here.',
  typingMark: 'typing…',
  noMessages: 'No messages yet',
  youPrefix: (text: string) => `You: ${text}`,
  closeChat: 'Close chat',
  reopen: 'Reopen chat',
  closedNote: 'This chat is closed.',
  replyTo: (name: string) => `Reply to ${name}`,
  routing: 'Accepting chats',
  present: 'On the page',
  absent: 'Left the page',
  loading: 'Loading messages…',
  failedAction: (what: string, why: string) => `${what}: ${why}`,
  dismiss: 'Dismiss',
}

export type ConsoleStrings = typeof strings
