import type { CustomerActs, ModelChat, ModelForm, ModelState } from 'rtmwidget'
import { raw } from './raw.ts'

type Kind = ModelForm['type']

/**
 * FormFlow knows which form belongs to the moment: before a chat the one to begin with, the ticket's when nobody is there;
 * after it the one to end with. Each is asked for once.
 */
export class FormFlow {
  #asked = ''
  /** Threads whose last form was filled in or passed by. */
  readonly #over = new Set<string>()

  /** next is the act that is due, undefined when there is none. */
  next(state: ModelState, chat: ModelChat | undefined, beginning: boolean): { name: 'form'; args: CustomerActs['form'] } | { name: 'form_cancel' } | undefined {
    if (state.connection.state !== 'live') return undefined
    if (chat?.active) {
      this.#asked = ''
      return state.form ? { name: 'form_cancel' } : undefined
    }
    const kind: Kind = !beginning ? 'postchat' : state.availability?.status === 'offline' ? 'ticket' : 'prechat'
    const moment = `${kind} ${chat?.thread_id ?? ''}`
    if (moment === this.#asked || (chat && !chat.loaded)) return undefined
    this.#asked = moment
    return { name: 'form', args: { type: kind } }
  }

  /** shown is the form to draw; one of another moment is not. */
  shown(state: ModelState, chat: ModelChat | undefined, beginning: boolean): ModelForm | undefined {
    const { form } = state
    if (form?.state !== 'ready' || !form.form?.fields.length || chat?.active) return undefined
    if (form.type !== 'postchat') return beginning ? form : undefined
    return !beginning && chat && !this.#over.has(chat.thread_id) && !filled(chat) ? form : undefined
  }

  /** end passes the form of a thread by. */
  end(threadId: string): void {
    this.#over.add(threadId)
  }

  clear(): void {
    this.#asked = ''
    this.#over.clear()
  }
}

/** filled tells whether the newest thread has its last form; it outlives a reload. */
function filled(chat: ModelChat): boolean {
  return chat.timeline.some(({ event, thread_id: thread }) => thread === chat.thread_id && raw(event).type === 'filled_form' && raw(event).form_type === 'postchat')
}
