import type { ReactiveControllerHost } from 'lit'
import type { ModelEvent, ModelForm, ModelGreeting, ModelPerson } from 'rtmwidget'
import type { Alerts } from './notify.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'
import type { Memory } from './storage.ts'
import type { Strings } from './strings.ts'

/** What the panel has of the element that it belongs to. It takes no code from there: the two are files of their own. */
export interface PanelHost {
  show(): void
  close(): void
  remember(memory: Memory): void
  unread(count: number): void
  ready(me: ModelPerson): unknown
  message(chatId: string, event: ModelEvent, own: boolean): unknown
  submitted(form: ModelForm['type'] | undefined): unknown
  rated(score: 0 | 1 | null, comment: string | undefined): unknown
  greeted(greeting: ModelGreeting): unknown
  failed(cause: unknown): unknown
}

/** What the parts of the panel have of it. */
export interface Panel extends ReactiveControllerHost {
  readonly open: boolean
  readonly settings: Settings
  readonly host: PanelHost
  readonly session: Session
  readonly strings: Strings
  readonly alerts: Alerts
  /** Moves the keyboard to where one writes. */
  focusComposer(): void
  find<T extends HTMLElement = HTMLElement>(selector: string): T | null
}
