import { textOf } from './error.ts'
import type { WasmSource } from './messages.ts'
import { each, imports, isRelease, runRelease } from './release.ts'

/** What Go calls; see `Host` of the Go package bridge. Payloads are JSON texts. */
export interface Host {
  dial(conn: number, url: string): void
  send(conn: number, frame: string): void
  shut(conn: number, code: number, reason: string): void
  wake(conn: number, delay: number): void
  /** `payload` is the answer, or the details of the error. */
  settle(conn: number, ref: number, ok: boolean, payload: string, errorType: string, errorMessage: string): void
  push(conn: number, action: string, requestId: string, payload: string, recovered: boolean): void
  patch(conn: number, ops: string): void
  state(conn: number, state: string, reason: string): void
  needToken(conn: number, fresh: boolean): void
  report(conn: number, text: string): void
  unstable(conn: number, is: boolean): void
  /** To be kept until it is replaced, or forgotten when `value` is null. */
  stored(conn: number, key: string, value: string | null): void
}

/** What Go can be asked; see `Bridge` of the Go package bridge. `now` is in milliseconds since 1970. Each throws `Error`. */
export interface Entries {
  /** `seed` is a whole number. With `store` the host keeps what `stored` tells it, and answers each value with `kept`. */
  create(
    conn: number,
    agent: boolean,
    server: string,
    organization: string,
    version: string,
    region: string,
    seed: number,
    store: boolean,
  ): void
  /** `entries` is a JSON list of `{ key, value }`. */
  restore(conn: number, now: number, entries: string): void
  kept(conn: number, now: number, key: string, failure: string): void
  start(conn: number, now: number): void
  opened(conn: number, now: number): void
  receive(conn: number, now: number, frame: string): void
  closed(conn: number, now: number, code: number, reason: string): void
  tick(conn: number, now: number): void
  online(conn: number, now: number, up: boolean): void
  call(conn: number, now: number, ref: number, action: string, payload: string, timeout: number): void
  cancel(conn: number, now: number, ref: number): void
  /** `lifetime` is in milliseconds, 0 when it is not known. */
  token(conn: number, now: number, token: string, failure: string, lifetime: number): void
  act(conn: number, now: number, name: string, args: string): void
  snapshot(conn: number): string
  /** A JSON list of `{ action, payload }`; nothing while it is not known. */
  missed(conn: number, given: string): string
  stop(conn: number, now: number): void
  destroy(conn: number): void
}

/**
 * Runs the core's wasm, of either build. What a host function throws goes to `report`. A panic in Go ends the program: the
 * entry under way throws a `WebAssembly.RuntimeError`, a `RangeError` when the stack was full, and nothing here works any
 * more. `onExit` may be called in addition.
 */
export async function runGo(source: WasmSource, host: Host, onExit: (why: string) => void): Promise<Entries> {
  const module = await compile(source)
  if (isRelease(module)) return runRelease(module, guarded(host))
  // Only who runs the standard build pays for what Go needs there.
  const { runStandard } = await import('./standard.ts')
  return runStandard(module, guarded(host), onExit)
}

/** The host's functions one by one, as Go takes them. A `RuntimeError` passes: it is that of a core which is broken. */
function guarded(host: Host): Host {
  const guard = (name: keyof Host) => (conn: number, ...rest: never[]) => {
    try {
      ;(host[name] as (conn: number, ...rest: never[]) => void)(conn, ...rest)
    } catch (cause) {
      if (cause instanceof WebAssembly.RuntimeError) throw cause
      if (name !== 'report') host.report(conn, `${name}: ${textOf(cause)}`)
    }
  }
  return each(imports, (_, name) => guard(name)) as unknown as Host
}

/** Compiles the wasm; one that is compiled already is returned as it is. */
export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  if (typeof source !== 'string') return WebAssembly.compile(source)
  const response = await fetch(source)
  if (!response.ok) throw new Error(`${source} answered with status ${response.status}`)
  const type = response.headers.get('content-type') ?? ''
  // Streaming wants the right type; a server that does not know it is slower, not broken.
  if (type.startsWith('application/wasm')) return WebAssembly.compileStreaming(response)
  return WebAssembly.compile(await response.arrayBuffer())
}
