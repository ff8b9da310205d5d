import type { CallInit } from './client.ts'
import { RTMError } from './error.ts'
import type { Version } from './objects.ts'

/** What a method needs of its object. */
interface Caller {
  readonly version: Version
  call(action: string, payload?: object, init?: CallInit): Promise<unknown>
}

type Values = Record<string, unknown>

/**
 * Gives a class one method per action. An entry names the action, `+` the version that it came with, `-` the one that it
 * is gone from, and the parameters of its short form: `a.b` goes into an object, `a=b` is a fixed value, `*` takes an
 * object with the other parameters.
 */
export function addMethods(prototype: object, entries: readonly string[]): void {
  for (const entry of entries) {
    const [head = '', ...params] = entry.split(' ')
    const [, action = '', since = '', gone = '4'] = /^(\w+)(?:\+([\d.]+))?(?:-([\d.]+))?/.exec(head)!
    const places = params.filter((param) => !param.includes('=')).length
    const name = action.replace(/_./g, (letters) => letters[1]!.toUpperCase())
    const value = {
      [name](this: Caller, ...args: unknown[]) {
        const { version } = this
        if (version < since || version >= gone) {
          const has = version < since ? `since version ${since}` : `until version ${gone}`
          return Promise.reject(new RTMError('unsupported_version', `${action}: version ${version} of the API lacks it; it is there ${has}`, { action }))
        }
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
