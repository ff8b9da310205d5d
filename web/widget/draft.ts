/** Where drafts are kept: a tab's own storage, so that two tabs do not write into each other's field. */
interface Kept {
  /** The chat that was on the screen last. */
  last: string
  texts: Record<string, string>
}

/**
 * Draft is what stands in the text field, kept for each chat: it survives a reload, and a chat that comes back finds its
 * own again. Until the chats are known, the one of the chat on the screen last is shown.
 */
export class Draft {
  readonly #key: string
  readonly #texts: Map<string, string>
  /** The chat on the screen; '' when there is none. */
  #chat: string
  /** `#chat` was told, not only remembered. */
  #told = false
  /** Somebody wrote since the chat came to the screen. */
  #written = false

  /** whose names the conversation: where it is and with whom. */
  constructor(whose: string) {
    this.#key = `rtm-draft:${whose}`
    const { last, texts } = load(this.#key)
    this.#chat = last
    this.#texts = new Map(Object.entries(texts))
  }

  get text(): string {
    return this.#texts.get(this.#chat) ?? ''
  }

  set text(text: string) {
    this.#written = true
    this.#put(this.#chat, text)
    this.#save()
  }

  /** add puts text before the draft. */
  add(text: string): void {
    if (text) this.text = join(text, this.text)
  }

  /**
   * chat tells which chat is on the screen, '' for none. What was written before there was a chat goes with the writer into
   * the one that came, what was written in a chat that is gone stays in the field. Returns whether the text is another now.
   */
  chat(id: string): boolean {
    const { text } = this
    const known = this.#told || this.#written
    if (id !== this.#chat) {
      const carried = !this.#chat || (known && (!id || !this.#told)) ? text : ''
      if (carried) {
        this.#put(this.#chat, '')
        this.#put(id, join(this.#texts.get(id) ?? '', carried))
      }
      this.#chat = id
      this.#written = false
      this.#save()
    }
    this.#told = true
    return this.text !== text
  }

  #put(chat: string, text: string): void {
    if (text) this.#texts.set(chat, text)
    else this.#texts.delete(chat)
  }

  #save(): void {
    try {
      if (this.#texts.size) sessionStorage.setItem(this.#key, JSON.stringify({ last: this.#chat, texts: Object.fromEntries(this.#texts) } satisfies Kept))
      else sessionStorage.removeItem(this.#key)
    } catch {
      // Without storage a draft lasts as long as the page.
    }
  }
}

const join = (first: string, second: string) => [first, second].filter(Boolean).join('\n')

/** load never throws: storage may be blocked or hold anything. */
function load(at: string): Kept {
  try {
    const { last, texts } = JSON.parse(sessionStorage.getItem(at) ?? '{}') as Partial<Kept>
    const kept = Object.entries(texts ?? {}).filter(([, text]) => typeof text === 'string')
    return { last: typeof last === 'string' ? last : '', texts: Object.fromEntries(kept) }
  } catch {
    return { last: '', texts: {} }
  }
}
