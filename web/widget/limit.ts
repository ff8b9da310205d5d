/** The most that the protocol takes of a message's text: bytes of UTF-8. */
export const maxText = 16_384

/** Below this many bytes the writer is told how much room there is. */
export const nearEnd = 1000

const encoder = new TextEncoder()

/** room is how many bytes may be added to a text as it would be sent; below 0 it is too long. */
export function room(text: string): number {
  return maxText - encoder.encode(text.trim()).length
}
