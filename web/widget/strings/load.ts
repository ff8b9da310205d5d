import type { PanelStrings } from '../strings.ts'
import type { Language } from './counted.ts'

/** The panel's texts in each language: files of their own, English aside, which comes with the panel. */
const files: Readonly<Record<Language, () => Promise<PanelStrings | undefined>>> = {
  en: async () => undefined,
  de: async () => (await import('./de.ts')).de,
  es: async () => (await import('./es.ts')).es,
  fr: async () => (await import('./fr.ts')).fr,
  pl: async () => (await import('./pl.ts')).pl,
  ar: async () => (await import('./ar.ts')).ar,
  ja: async () => (await import('./ja.ts')).ja,
}

/** loadTexts gets a language's file; where it can't be had the panel speaks English rather than not at all. */
export function loadTexts(language: Language): Promise<PanelStrings | undefined> {
  return files[language]().catch(() => undefined)
}
