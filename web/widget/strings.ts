import type { Language } from './strings/counted.ts'
import { en as english } from './strings/en.ts'
import { launcherEn, type LauncherStrings } from './strings/launcher-en.ts'
import { replace, type Own } from './strings/own.ts'

export type { Language, LauncherStrings }

/** What a language's file holds: the texts of the panel. A text that is missing does not compile. */
export type PanelStrings = typeof english

/** Every text that the widget shows in one language, and the locale of its dates and numbers. */
export interface Strings extends LauncherStrings, PanelStrings {
  readonly locale: string
}

/** What a page may put in the place of the widget's own texts. */
export type OwnStrings = Own<LauncherStrings & PanelStrings>

/** What the element tells its panel of the language. */
export interface Speech {
  readonly locale: string
  /** What the launcher says, with what is the page's own in it. */
  readonly launcher: LauncherStrings
  /** The language's file; English needs none. */
  readonly texts?: PanelStrings | undefined
  readonly own?: OwnStrings | undefined
}

/** speak makes the catalogue that is drawn from. */
export function speak({ locale, launcher, texts = english, own = {} }: Speech): Strings {
  return { ...launcher, ...replace(texts, own), locale }
}

export const en: Strings = speak({ locale: 'en', launcher: launcherEn })
