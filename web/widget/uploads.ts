import type { CustomerActs, CustomerClient } from 'rtmwidget'
import { formatSize } from './format.ts'
import { reason } from './reason.ts'
import type { Strings } from './strings.ts'

/** What the server takes, in bytes. */
export const maxFile = 10 << 20

/** Names of programs; the server refuses them by what is in them as well. */
const programs = /\.(?:apk|appx|bat|class|cmd|com|cpl|crx|dll|dmg|elf|exe|gadget|hta|ipa|jar|jse|lnk|msc|msi|msix|msp|pif|pkg|ps1|psm1|reg|scr|sh|so|swf|vb|vbe|vbs|wasm|wsf|wsh|xpi)$/iu

/** refusal is why a file can't be sent, '' when it can. */
export function refusal(file: { name: string; size: number }, s: Strings): string {
  if (file.size === 0) return s.fileEmpty(file.name)
  if (file.size > maxFile) return s.fileTooLarge(file.name, formatSize(maxFile, s))
  return programs.test(file.name) ? s.fileProgram(file.name) : ''
}

interface Job {
  file: File
  client: CustomerClient
  abort: AbortController
}

/** Uploads carries files to the server, one after the other, and tells the model how far it is. */
export class Uploads {
  /** Files that were not sent yet, by the key of their item. */
  readonly #jobs = new Map<string, Job>()
  #last: Promise<void> = Promise.resolve()
  readonly #strings: () => Strings

  constructor(strings: () => Strings) {
    this.#strings = strings
  }

  add(client: CustomerClient, chatId: string | undefined, file: File): void {
    const key = newKey()
    const job = { file, client, abort: new AbortController() }
    this.#jobs.set(key, job)
    const shown = client.model.act('upload', {
      key, name: file.name, size: file.size, ...(file.type && { content_type: file.type }), ...(chatId && { chat_id: chatId }),
    })
    this.#queue(key, job, shown)
  }

  /** retry takes up an upload that failed; false when there is no such file. */
  retry(key: string): boolean {
    const job = this.#jobs.get(key)
    if (!job) return false
    job.abort = new AbortController()
    this.#queue(key, job, job.client.model.act('upload_progress', { key, sent: 0 }))
    return true
  }

  cancel(key: string): void {
    this.#jobs.get(key)?.abort.abort()
    this.#jobs.delete(key)
  }

  clear(): void {
    for (const { abort } of this.#jobs.values()) abort.abort()
    this.#jobs.clear()
  }

  #queue(key: string, job: Job, shown: Promise<void>): void {
    shown.catch(() => {})
    this.#last = this.#last.then(() => shown).then(() => this.#carry(key, job), () => this.cancel(key))
  }

  async #carry(key: string, { file, client, abort }: Job): Promise<void> {
    const { signal } = abort
    if (signal.aborted) return
    const act = <K extends keyof CustomerActs & string>(name: K, args: CustomerActs[K]) => client.model.act(name, args).catch(() => {})
    let told = 0
    try {
      const { url } = await client.uploadFile(file, {
        signal,
        onProgress: ({ sent, size }) => {
          const now = performance.now()
          if (now - told < 100 || signal.aborted) return
          told = now
          void act('upload_progress', { key, sent, size })
        },
      })
      if (signal.aborted) return
      this.#jobs.delete(key)
      await act('upload_done', { key, url })
    } catch (cause) {
      if (signal.aborted) return
      await act('upload_failed', { key, message: reason(cause, this.#strings()) })
    }
  }
}

/** newKey is a name that nothing else has; randomUUID is for secure pages only. */
function newKey(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
