import 'wasm_exec'
import type { Entries, Host } from './go.ts'

// The crossing of the standard build; see wasm/host_js.go.

type GoFunction = (...args: unknown[]) => { result?: unknown; error?: unknown } | undefined

/** Runs a module of the Go toolchain; see `runGo`. */
export async function runStandard(module: WebAssembly.Module, host: Host, onExit: (why: string) => void): Promise<Entries> {
  const go = new Go()
  const instance = await WebAssembly.instantiate(module, go.importObject)
  const bridge: Partial<Entries> & { __ready__?: boolean } = {}
  Object.assign(bridge, {
    host,
    // golang-wasm passes each Go function through here. It returns undefined when the program ended during the call.
    __wrapper__: (fn: GoFunction) => (...args: unknown[]) => {
      const answer = fn(...args)
      if (!answer) throw new WebAssembly.RuntimeError('the core has ended')
      if (answer.error) throw answer.error
      return answer.result
    },
  })
  const scope = globalThis as { __go_wasm__?: unknown }
  const before = scope.__go_wasm__
  scope.__go_wasm__ = bridge
  let code = 0
  go.exit = (status) => (code = status)
  // run comes back as soon as Go waits for work; by then everything is exposed and nobody reads the global any more.
  const end = go.run(instance)
  if (before === undefined) delete scope.__go_wasm__
  else scope.__go_wasm__ = before
  const ended = () => onExit(`the core ended with status ${code}`)
  end.then(ended, ended)
  if (!bridge.__ready__) throw new Error('the wasm file is not that of this SDK')
  return bridge as Entries
}
