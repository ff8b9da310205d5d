// What the types of both APIs are made with.

/** One of the values, or one that a newer server knows. Editors still offer the known ones. */
export type Open<T extends string> = T | (string & {})

/**
 * A text that is none of the listed ones, as the `type` of an `UnknownEvent` and the like. An enum, because the compiler
 * tells the variants of a union apart by unit types alone: after `event.type === 'message'` the event is a
 * `MessageEvent`, and in the `default` of a `switch` an `UnknownEvent`, whose `type` reads as a string. It exists for the
 * compiler only. Compare with a type of your own by `(event.type as string) === 'mine'`, and make one by
 * `'mine' as Unlisted`.
 */
export declare enum Unlisted {
  text = '',
}

/** A request or an answer without content. */
export type Empty = Record<string, never>

/** The versions of the API that the server has. */
export type Version = '3.4' | '3.5' | '3.6'
