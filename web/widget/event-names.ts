/** What is behind `rtm-chat-` in the names of the events. */
export const eventNames = ['open', 'close', 'visibility', 'ready', 'unread', 'message', 'form', 'rating', 'greeting', 'error'] as const

export type EventName = (typeof eventNames)[number]
