import type { CallInit } from './client.ts'

/** How a history is read. */
export interface HistoryInit extends CallInit {
  /** Threads per page, 1 to 100. Default 3. */
  limit?: number
}

/**
 * What list_threads answers.
 * @internal
 */
export interface Page<T> {
  threads: T[]
  next_page_id?: string
}

/**
 * All of a list that comes in pages; the next page is asked for when the reader gets to it.
 * @internal
 */
export function history<T>(get: (page: string | undefined) => Promise<Page<T>>): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      let page: string | undefined
      do {
        const { threads, next_page_id } = await get(page)
        yield* threads
        page = next_page_id
      } while (page)
    },
  }
}
