import type { EventName } from './event-names.ts'

// What a page and the frame say to each other, over a channel that only the two have.

/** The first message, with the channel's other end; the only one that goes by window. */
export interface Hello {
  rtmChat: 1
  given: Readonly<Record<string, string>>
  page: { url: string; title: string }
  screen: boolean
}

export type ToFrame =
  | { type: 'run'; id: number; name: string; args: readonly unknown[] }
  | { type: 'token'; id: number; token?: unknown; error?: string }
  /** Whether the panel covers the screen. */
  | { type: 'screen'; screen: boolean }

export type ToPage =
  | { type: 'done'; id: number; value?: unknown; error?: { type: string; message: string } }
  | { type: 'event'; name: EventName; detail: unknown }
  /** `height` is that of the greeting over the launcher. */
  | { type: 'size'; state: 'launcher' | 'greeting' | 'panel' | 'hidden'; height: number }
  | { type: 'needToken'; id: number; fresh: boolean }
