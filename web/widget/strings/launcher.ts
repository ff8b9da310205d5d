import { counted, type Language } from './counted.ts'
import { launcherEn, type LauncherStrings } from './launcher-en.ts'

/** What the launcher says is so little that every language comes with it. */
export const launcher: Readonly<Record<Language, LauncherStrings>> = {
  en: launcherEn,
  de: {
    open: 'Chat öffnen',
    openUnread: counted<'de'>({ one: 'Chat öffnen, {n} ungelesene Nachricht', other: 'Chat öffnen, {n} ungelesene Nachrichten' }),
    close: 'Chatfenster schließen',
    unavailable: 'Der Chat konnte nicht geladen werden.',
  },
  es: {
    open: 'Abrir el chat',
    openUnread: counted<'es'>({
      one: 'Abrir el chat, {n} mensaje sin leer', many: 'Abrir el chat, {n} de mensajes sin leer', other: 'Abrir el chat, {n} mensajes sin leer',
    }),
    close: 'Cerrar la ventana del chat',
    unavailable: 'No se ha podido cargar el chat.',
  },
  fr: {
    open: 'Ouvrir le chat',
    openUnread: counted<'fr'>({
      one: 'Ouvrir le chat, {n} message non lu', many: 'Ouvrir le chat, {n} de messages non lus', other: 'Ouvrir le chat, {n} messages non lus',
    }),
    close: 'Fermer la fenêtre du chat',
    unavailable: 'Le chat n’a pas pu être chargé.',
  },
  pl: {
    open: 'Otwórz czat',
    openUnread: counted<'pl'>({
      one: 'Otwórz czat, {n} nieprzeczytana wiadomość', few: 'Otwórz czat, {n} nieprzeczytane wiadomości',
      many: 'Otwórz czat, {n} nieprzeczytanych wiadomości', other: 'Otwórz czat, {n} nieprzeczytanej wiadomości',
    }),
    close: 'Zamknij okno czatu',
    unavailable: 'Nie udało się wczytać czatu.',
  },
  ar: {
    open: 'فتح المحادثة',
    // The number that is seen is in the name, also where the words would do: who speaks to the computer reads it out.
    openUnread: counted<'ar'>({
      zero: 'فتح المحادثة، لا رسائل غير مقروءة', one: 'فتح المحادثة، رسائل غير مقروءة: {n}', two: 'فتح المحادثة، رسائل غير مقروءة: {n}',
      few: 'فتح المحادثة، {n} رسائل غير مقروءة', many: 'فتح المحادثة، {n} رسالة غير مقروءة', other: 'فتح المحادثة، {n} رسالة غير مقروءة',
    }),
    close: 'إغلاق نافذة المحادثة',
    unavailable: 'تعذّر تحميل المحادثة.',
  },
  ja: {
    open: 'チャットを開く',
    openUnread: counted<'ja'>({ other: 'チャットを開く、未読メッセージ{n}件' }),
    close: 'チャットを閉じる',
    unavailable: 'チャットを読み込めませんでした。',
  },
}
