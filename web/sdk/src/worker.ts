import { environment, openCore } from './core.ts'
import { Hub, type Seat } from './hub.ts'
import { locksHere } from './locks.ts'
import type { FromHub, OnChannel, ToHub, ToWorker } from './messages.ts'

// The module that carries the core: run as a Worker, shared or not, it serves tabs through messages, imported in a page
// or in Node it only exports openCore.

export { environment, openCore }

interface Scope {
  postMessage(message: FromHub): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
  onconnect: ((event: MessageEvent) => void) | null
}

declare const WorkerGlobalScope: (new () => object) | undefined

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope) {
  const scope = globalThis as unknown as Scope
  const hub = new Hub({
    open: openCore,
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    locks: locksHere(),
  })
  if ('SharedWorkerGlobalScope' in globalThis) {
    scope.onconnect = ({ ports: [port] }) => {
      const seat = hub.attach((data) => port!.postMessage(data))
      port!.onmessage = ({ data }: MessageEvent<ToHub>) => seat.receive(data)
      port!.addEventListener('close', () => seat.leave())
    }
  } else {
    const seat = hub.attach((data) => scope.postMessage(data))
    scope.onmessage = ({ data }) => {
      if ('channel' in data) lead(hub, data.channel)
      else seat.receive(data)
    }
  }
}

/** Serves all tabs through a channel. */
function lead(hub: Hub, name: string): void {
  const channel = new BroadcastChannel(name)
  const seats = new Map<string, Seat>()
  const say = (message: OnChannel) => channel.postMessage(message)
  channel.onmessage = ({ data: message }: MessageEvent<OnChannel>) => {
    if (message.from === undefined) return
    const { from, data } = message
    let seat = seats.get(from)
    if (!seat) {
      if (!('start' in data)) return
      seat = hub.attach((data) => say({ to: from, data }), () => seats.delete(from))
      seats.set(from, seat)
    }
    seat.receive(data)
  }
  say({})
}
