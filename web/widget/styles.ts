import { css, unsafeCSS } from 'lit'
import { richStyles } from './rich-styles.ts'
import { themeText } from './theme.ts'

export const theme = unsafeCSS(themeText)

export const timelineStyles = [css`
  .timeline {
    flex: 1; min-block-size: 0; padding: 16px; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin;
    overflow-anchor: none;
    /* Opaque: the browser scrolls it without painting it anew. Neither text field nor rows lay out what is not theirs. */
    background: var(--_surface); contain: layout style paint;
    outline-offset: -3px;
  }
  .new { display: flex; align-items: center; gap: 10px; margin: 0 0 14px; color: var(--_accent-text); font-size: .8em; font-weight: 650; }
  .new::before, .new::after { content: ''; flex: 1; block-size: 1px; background: currentColor; opacity: .5; }
  .older { margin: 0 0 8px; color: var(--_muted); font-size: .8667em; text-align: center; }
  .day { margin: 0 0 14px; color: var(--_muted); font-size: .8em; text-align: center; }
  .group { display: grid; grid-template-columns: 28px minmax(0, 1fr); column-gap: 8px; margin-block: 0 14px; contain: layout style; }
  .group > .avatar { grid-column: 1; align-self: end; inline-size: 28px; block-size: 28px; font-size: 11px; }
  .group > .messages { grid-column: 2; display: flex; flex-direction: column; align-items: flex-start; gap: 3px; min-inline-size: 0; }
  .group.continued { margin-block-end: 3px; }
  .group.own { grid-template-columns: minmax(0, 1fr); }
  .group.own > .messages { grid-column: 1; align-items: flex-end; }
  .group.system { grid-template-columns: minmax(0, 1fr); margin-block: 0 14px; }
  .group.system > .messages { grid-column: 1; align-items: center; }
  .author { max-inline-size: 100%; margin-block-end: 1px; margin-inline-start: 2px; color: var(--_muted); font-size: .8em; overflow-wrap: anywhere; }
  .author time { font-variant-numeric: tabular-nums; }

  .message { display: flex; flex-direction: column; align-items: inherit; max-inline-size: min(85%, 34em); }
  .bubble {
    padding: 8px 13px; border-radius: 16px; background: var(--_bubble); color: var(--_on-bubble);
    white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  }
  .own .bubble { background: var(--_own); color: var(--_on-own); }
  .message:first-of-type .bubble { border-start-start-radius: 16px; }
  .group:not(.own, .system, .continued) .message:last-child .bubble { border-end-start-radius: 5px; }
  .own:not(.continued) .message:last-child .bubble { border-end-end-radius: 5px; }
  .message[data-state='failed'] .bubble { background: none; color: var(--_text); box-shadow: inset 0 0 0 1.5px var(--_danger); }
  .system .message { max-inline-size: 90%; }
  .system .bubble { padding: 0; background: none; color: var(--_muted); font-size: .8667em; text-align: center; }
  .bubble.unsupported { background: none; color: var(--_muted); box-shadow: inset 0 0 0 1px var(--_line); font-style: italic; }
  .bubble.file { display: flex; align-items: center; gap: 8px; }
  .bubble.file small { display: block; opacity: .85; }
  .bubble.file a { font-weight: 600; }
  .bubble.file svg { flex: none; }
  .bubble a { color: inherit; text-underline-offset: 2px; }
  .group:not(.own, .system) .bubble a { color: var(--_accent-text); }
  .note { margin: 2px 2px 0; color: var(--_muted); font-size: .8em; }
  .photo a { display: block; color: var(--_accent-text); border-radius: 14px; overflow-wrap: anywhere; }
  .preview { display: block; max-inline-size: 100%; block-size: auto; border-radius: 14px; background: var(--_bubble); }
  .preview:not([width]) { inline-size: min(100%, 240px); block-size: 180px; object-fit: scale-down; }
  .photo-name { display: flex; gap: 8px; padding: 8px 13px; border-radius: 16px; background: var(--_bubble); }
  .preview:not([hidden]) + .photo-name {
    position: absolute; inline-size: 1px; block-size: 1px; padding: 0; overflow: hidden; clip-path: inset(50%);
  }
  .note.uploading { display: flex; align-items: center; gap: 8px; }
  progress { appearance: none; inline-size: 110px; block-size: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--_line); }
  progress::-webkit-progress-bar { background: var(--_line); }
  progress::-webkit-progress-value { background: var(--_accent-text); }
  progress::-moz-progress-bar { background: var(--_accent-text); }
  .note.failed { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; column-gap: 4px; color: var(--_danger); }

  .typing { display: flex; align-items: flex-end; gap: 8px; margin-block-end: 4px; }
  .typing .avatar { inline-size: 28px; block-size: 28px; font-size: 11px; }
  .dots { display: flex; gap: 4px; padding: 13px 14px; border-radius: 16px; border-end-start-radius: 5px; background: var(--_bubble); }
  .dots i { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--_muted); animation: dot 1.2s infinite ease-in-out; }
  .dots i:nth-child(2) { animation-delay: .15s; }
  .dots i:nth-child(3) { animation-delay: .3s; }
  @keyframes dot { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; transform: translateY(-3px); } }
  .peek {
    max-inline-size: min(85%, 34em); padding: 7px 12px; border: 1px dashed var(--_field-line); border-radius: 16px; border-end-start-radius: 5px;
    color: var(--_muted); white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  }
  .peek small { display: block; font-size: .8em; }
  .peek .dots { padding: 6px 0 2px; background: none; }

  .empty { display: grid; place-content: center; gap: 4px; min-block-size: 100%; padding: 24px; text-align: center; color: var(--_muted); }
  .empty strong { color: var(--_text); font-size: 1.2em; text-wrap: balance; }
  .empty span { max-inline-size: 26em; text-wrap: pretty; }

  @media (forced-colors: active) {
    .bubble, .dots { border: 1px solid CanvasText; }
    .system .bubble { border: 0; }
    .own .bubble { border: 2px solid Highlight; }
    .avatar { border: 1px solid CanvasText; }
    .dots i { background: CanvasText; }
  }
`, richStyles]

export const composerStyles = css`
  .composer { padding: 10px 12px 12px; border-block-start: 1px solid var(--_line); background: var(--_raised); }
  .composer .note { margin: 0 2px 8px; justify-content: flex-start; overflow-wrap: anywhere; }
  .field {
    display: flex; align-items: flex-end; gap: 4px; padding: 3px; border: 1px solid var(--_field-line); border-radius: 14px; background: var(--_surface);
  }
  .field:focus-within { border-color: var(--_accent-text); box-shadow: 0 0 0 1px var(--_accent-text); }
  .field textarea {
    flex: 1; min-inline-size: 0; min-block-size: 38px; max-block-size: min(9em, 30dvh); padding: 8px 10px; border: 0; outline: 0; resize: none;
    background: none; color: var(--_text); overflow-y: auto; field-sizing: content; scrollbar-width: thin; unicode-bidi: plaintext;
  }
  .field textarea::placeholder { overflow: hidden; color: var(--_muted); opacity: 1; text-overflow: ellipsis; white-space: nowrap; }
  .field-button {
    display: grid; place-items: center; flex: none; inline-size: 38px; block-size: 38px; padding: 0; border: 0; border-radius: 11px; background: none;
    color: var(--_muted);
  }
  .field-button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
  .field-button + textarea { padding-inline-start: 4px; }
  .send {
    display: grid; place-items: center; flex: none; inline-size: 38px; block-size: 38px; padding: 0; border: 0; border-radius: 11px;
    background: var(--_accent); color: var(--_on-accent);
  }
  .send:hover:enabled { background: var(--_pressed); }
  .send:disabled { background: none; color: var(--_muted); }
  .after { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-block-size: 46px; color: var(--_muted); }

  @media (max-width: 480px), (pointer: coarse) {
    /* iOS zooms into a field whose text is under 16 px. */
    .field textarea { font-size: 16px; }
  }
  @media (forced-colors: active) {
    .field:focus-within { outline: 2px solid Highlight; outline-offset: 1px; }
  }
`
