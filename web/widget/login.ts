import { RTMError } from 'rtmwidget'

/**
 * persist logs in until there is an answer. The core gives up a login that has none in its time, and would then connect
 * without one; the person in front still waits.
 */
export async function persist<T>(login: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await login()
    } catch (cause) {
      if (signal.aborted || !(cause instanceof RTMError && cause.type === 'timeout')) throw cause
    }
  }
}
