import type { Language } from './strings/counted.ts'
import { en as english } from './strings/en.ts'
import { launcher, type LauncherStrings } from './strings/launcher.ts'

export type { Language, LauncherStrings }

/** What a language's file holds: the texts of the panel. A text that is missing does not compile. */
export type PanelStrings = typeof english

/** Every text that the widget shows in one language, and the locale of its dates and numbers. */
export interface Strings extends LauncherStrings, PanelStrings {
  readonly locale: string
}

export const en: Strings = { ...launcher.en, ...english, locale: 'en' }
