import type { CallInit } from './client.ts'

/** What a method needs of its object. */
interface Caller {
  call(action: string, payload?: object, init?: CallInit): Promise<unknown>
}

type Values = Record<string, unknown>

/**
 * Gives a class one method per action. An entry names the action and the parameters of its short form: `a.b` goes into an
 * object, `a=b` is a fixed value, `*` takes an object with the other parameters.
 */
export function addMethods(prototype: object, entries: readonly string[]): void {
  for (const entry of entries) {
    const [action = '', ...params] = entry.split(' ')
    const places = params.filter((param) => !param.includes('=')).length
    const name = action.replace(/_./g, (letters) => letters[1]!.toUpperCase())
    const value = {
      [name](this: Caller, ...args: unknown[]) {
        const [first] = args
        const short = places > 0 && first !== undefined && (typeof first !== 'object' || Array.isArray(first))
        return this.call(action, (short ? request(params, args) : first) as object, args[short ? places : 1] as CallInit)
      },
    }[name]
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true })
  }
}

/** The request that a short form stands for. */
function request(params: string[], args: unknown[]): Values {
  const all: Values = {}
  let at = 0
  for (const param of params) {
    const [path = '', fixed] = param.split('=')
    const value = fixed ?? args[at++]
    const [name = '', inner] = path.split('.')
    if (name === '*') Object.assign(all, value)
    else if (value !== undefined) all[name] = inner ? { [inner]: value } : value
  }
  return all
}
