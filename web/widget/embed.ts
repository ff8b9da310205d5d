import { attributes, type Commands, type Place } from './command.ts'
import { elementPlace } from './embed-element.ts'
import { FramePlace } from './embed-frame.ts'
import type { EventName } from './event-names.ts'

// The snippet: a script that brings the widget to a page.
//
//     <script async src="https://chat.example.com/embed.js" data-organization-id="…"></script>
//
// What a page says before the script is there waits in a queue of its own:
//
//     window.rtmChat ??= (...said) => (rtmChat.q ??= []).push(said)

type Listener = (detail: never) => void

/** RTMChat is the function that the snippet leaves on the window. */
export interface RTMChat {
  /** Calls `fn` for each event of that name; returns what ends it. */
  (command: 'on' | 'once', name: EventName, fn: Listener): () => void
  (command: 'off', name: EventName, fn: Listener): void
  /** Takes the widget out of the page, for good. */
  (command: 'destroy'): void
  <C extends keyof Commands>(command: C, ...args: Commands[C]): Promise<unknown>
  /** What was said before the script was there. */
  q?: unknown[][]
}

/** given reads what the author wrote at the script: `data-organization-id`, `data-rtm-accent`. */
function given(script: HTMLScriptElement | null): Record<string, string> {
  const all: Record<string, string> = {}
  for (const { name, value } of script?.attributes ?? []) {
    const [, key = ''] = /^data-(.*)$/.exec(name) ?? []
    if (key.startsWith('rtm-')) all[`--${key}`] = value
    else if (attributes.includes(key)) all[key] = value
  }
  return all
}

/** around is what a frame cannot see of the page that it is in. */
function around(): Record<string, string> {
  const { lang, dir } = document.documentElement
  return { ...(lang && { lang }), ...(dir && { dir }) }
}

function start(script: HTMLScriptElement | null): RTMChat {
  const listeners = new Map<string, Set<Listener>>()
  const url = new URL(script?.dataset['frame'] || '/embed', script?.src || location.href)
  const tell = (name: EventName, detail: unknown) => {
    for (const fn of [...listeners.get(name) ?? []]) {
      try {
        fn(detail as never)
      } catch (cause) {
        reportError(cause)
      }
    }
  }
  const ready = document.body ? Promise.resolve() : new Promise(done => addEventListener('DOMContentLoaded', done, { once: true }))
  const place = ready.then((): Place | Promise<Place> => url.origin === location.origin && script?.dataset['frame'] === undefined
    ? elementPlace(given(script), tell)
    : new FramePlace(url, { ...around(), ...given(script) }, script?.title || 'Chat', tell))
  place.catch(cause => tell('error', { error: { type: 'error', message: String(cause) } }))
  const off = (name: string, fn: Listener) => void listeners.get(name)?.delete(fn)
  const on = (name: string, fn: Listener) => {
    listeners.set(name, (listeners.get(name) ?? new Set()).add(fn))
    return () => off(name, fn)
  }
  const said = ((command: string, ...args: unknown[]) => {
    const [name, fn] = args as [string, Listener]
    switch (command) {
      case 'on': return on(name, fn)
      case 'off': return off(name, fn)
      case 'once': {
        const end = on(name, (detail: never) => {
          end()
          fn(detail)
        })
        return end
      }
      case 'destroy':
        listeners.clear()
        if (window.rtmChat === said) delete window.rtmChat
        return void place.then(at => at.destroy(), () => {})
    }
    return place.then(at => at.run(command, args))
  }) as RTMChat
  return said
}

const queued = window.rtmChat?.q ?? []
if (!window.rtmChat || window.rtmChat.q) {
  const rtmChat = window.rtmChat = start(document.currentScript instanceof HTMLScriptElement ? document.currentScript : null)
  for (const said of queued) {
    const answer: unknown = Reflect.apply(rtmChat, undefined, said)
    if (answer instanceof Promise) answer.catch(cause => reportError(cause))
  }
}

declare global {
  interface Window {
    rtmChat?: RTMChat
  }
}
