import type { Hub, Seat } from './hub.ts'
import type { FromHub, OnChannel, ToHub, ToWorker } from './messages.ts'

// The ways from a hub to tabs. See channel.ts for their other ends.

/** The part of a dedicated Worker's scope that is used. */
export interface WorkerScope {
  postMessage(message: FromHub): void
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
}

/** The part of a SharedWorker's scope that is used. */
export interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null
}

/** Serves the page of a dedicated Worker, or all tabs through a channel. */
export function serve(scope: WorkerScope, hub: Hub, Channel: typeof BroadcastChannel = BroadcastChannel): void {
  const seat = hub.attach((data) => scope.postMessage(data))
  scope.onmessage = ({ data }) => {
    if ('channel' in data) lead(hub, new Channel(data.channel))
    else seat.receive(data)
  }
}

/** Serves the pages of a SharedWorker. */
export function serveShared(scope: SharedScope, hub: Hub): void {
  scope.onconnect = ({ ports: [port] }) => {
    const seat = hub.attach((data) => port!.postMessage(data))
    port!.onmessage = ({ data }: MessageEvent<ToHub>) => seat.receive(data)
    port!.addEventListener('close', () => seat.leave())
  }
}

function lead(hub: Hub, channel: BroadcastChannel): void {
  const seats = new Map<string, Seat>()
  const say = (message: OnChannel) => channel.postMessage(message)
  channel.onmessage = ({ data: message }: MessageEvent<OnChannel>) => {
    if (message.from === undefined) return
    const { from, data } = message
    let seat = seats.get(from)
    if (!seat) {
      if (!('start' in data)) return
      seat = hub.attach((data) => say({ hub: hub.name, to: from, data }), () => seats.delete(from))
      seats.set(from, seat)
    }
    seat.receive(data)
  }
  say({ hub: hub.name })
}
