import type { Entries, Host } from './go.ts'

// The crossing of the release build: numbers as they are, texts as UTF-8 in the memory of the wasm. See wasm/host_export.go.

/** What each function of the host takes, in order: a number, a boolean, a text. */
export const imports: Record<keyof Host, string> = {
  dial: 'ns',
  send: 'ns',
  shut: 'nns',
  wake: 'nn',
  settle: 'nnbsss',
  push: 'nsssb',
  patch: 'ns',
  state: 'nss',
  needToken: 'nb',
  report: 'ns',
  unstable: 'nb',
  stored: 'nsbs',
}

const entries: Record<keyof Entries, string> = {
  create: 'nbssssnb',
  restore: 'nns',
  kept: 'nnss',
  start: 'nn',
  opened: 'nn',
  receive: 'nns',
  closed: 'nnns',
  tick: 'nn',
  online: 'nnb',
  call: 'nnnssn',
  cancel: 'nnn',
  token: 'nnssn',
  act: 'nnss',
  snapshot: 'n',
  missed: 'ns',
  stop: 'nn',
  destroy: 'n',
}

interface Core {
  memory: WebAssembly.Memory
  _initialize(): void
  reserve(size: number): number
  collect(): void
  [entry: string]: unknown
}

/** An object with the same names, and for each value another. */
export const each = <K extends string, V, W>(all: Record<K, V>, of: (value: V, name: K) => W): Record<string, W> =>
  Object.fromEntries(Object.entries<V>(all).map(([name, value]) => [name, of(value, name as K)]))

/** Whether a module is the release build of the core. */
export const isRelease = (module: WebAssembly.Module): boolean => WebAssembly.Module.exports(module).some(({ name }) => name === 'reserve')

/** Runs a module that `isRelease`. */
export async function runRelease(module: WebAssembly.Module, host: Host): Promise<Entries> {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  /** What the entry under way has answered: a snapshot, or the text of its error. */
  let answer = ''
  /** How many entries are under way; a host function may call others. */
  let depth = 0

  const functions: Record<string, (...values: never[]) => void> = {
    ...(host as unknown as Record<string, () => void>),
    answer: (text: string) => (answer = text),
    stored: (conn: number, key: string, is: boolean, value: string) => host.stored(conn, key, is ? value : null),
  }
  const imported = (types: string, name: string) => {
    const fn = functions[name] as (...values: unknown[]) => void
    return (...raw: number[]) => {
      let i = 0
      const values = Array.from(types, (type) => {
        const value = raw[i++]!
        if (type === 's') return decoder.decode(new Uint8Array(core.memory.buffer, value >>> 0, raw[i++]))
        return type === 'b' ? value !== 0 : value
      })
      fn(...values)
    }
  }

  // The memory may move at every call into Go, so no view of it is kept.
  /** Puts a text behind the first `start` bytes of the buffer and returns its length there. */
  const put = (text: unknown, start: number): number => {
    if (typeof text !== 'string') throw new TypeError(`${String(text)} is no text`)
    let end = start
    // Most texts have one byte for each unit; three are the most.
    for (let read = 0, room = text.length; read < text.length; room = 3 * (text.length - read)) {
      const at = core.reserve(end + room) >>> 0
      const done = encoder.encodeInto(read === 0 ? text : text.slice(read), new Uint8Array(core.memory.buffer, at + end, room))
      read += done.read
      end += done.written
    }
    return end - start
  }
  const entry = (types: string, name: string) => {
    const fn = core[name] as (...values: number[]) => number
    return (...values: unknown[]) => {
      let size = 0
      const raw = Array.from(types, (type, i) => {
        if (type !== 's') return Number(values[i])
        const length = put(values[i], size)
        size += length
        return length
      })
      answer = ''
      let failed
      depth++
      try {
        failed = fn(...raw)
      } finally {
        depth--
      }
      const said = answer
      answer = ''
      // Only now nothing of Go is under way.
      if (depth === 0) core.collect()
      if (failed) throw new Error(said)
      return said
    }
  }

  const { exports } = await WebAssembly.instantiate(module, {
    host: { ...each(imports, imported), answer: imported('s', 'answer') },
  })
  const core = exports as unknown as Core
  core._initialize()
  return each(entries, entry) as unknown as Entries
}
