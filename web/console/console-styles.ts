import { css } from 'lit'

export const consoleStyles = css`
  :host { display: block; block-size: 100%; min-block-size: 0; container: console / inline-size; background: var(--_surface); }
  .console {
    display: grid; block-size: 100%; overflow: hidden;
    grid-template: 'bar bar' auto 'notices notices' auto 'list conversation' minmax(0, 1fr) / minmax(260px, 340px) minmax(0, 1fr);
  }
  .bar {
    grid-area: bar; display: flex; align-items: center; gap: 12px; padding: 10px 16px; border-block-end: 1px solid var(--_line); background: var(--_raised);
  }
  .notices { grid-area: notices; }
  .who { flex: 1; min-inline-size: 0; }
  .who h2 { margin: 0; overflow: hidden; font-size: 1.0667em; font-weight: 650; line-height: 1.3; text-overflow: ellipsis; white-space: nowrap; }
  .who p { margin: 0; overflow: hidden; color: var(--_muted); font-size: .8667em; line-height: 1.3; text-overflow: ellipsis; white-space: nowrap; }
  .connection::before {
    content: ''; display: inline-block; inline-size: 8px; block-size: 8px; margin-inline-end: 6px; border-radius: 50%;
    box-shadow: inset 0 0 0 1.5px currentColor;
  }
  .connection[data-state='live']::before { background: var(--_good); box-shadow: none; }

  .switch {
    display: inline-flex; align-items: center; gap: 10px; min-block-size: 36px; padding: 4px 2px; border: 0; border-radius: 10px; background: none;
    font-size: .9333em;
  }
  .switch:disabled { color: var(--_muted); }
  .track {
    position: relative; flex: none; inline-size: 42px; block-size: 24px; border: 1.5px solid var(--_field-line); border-radius: 12px;
    transition: background .15s, border-color .15s;
  }
  .track::after {
    content: ''; position: absolute; inset-block: 3px; inset-inline-start: 3px; inline-size: 15px; border-radius: 50%; background: var(--_muted);
    transition: inset-inline-start .15s;
  }
  .switch[aria-checked='true'] .track { border-color: var(--_good); background: var(--_good); }
  .switch[aria-checked='true'] .track::after { inset-inline-start: 21px; background: var(--_surface); }
  .switch:disabled .track { opacity: .6; }

  .list { grid-area: list; overflow-y: auto; padding: 8px; border-inline-end: 1px solid var(--_line); background: var(--_raised); scrollbar-width: thin; }
  .list h3 { display: flex; gap: 8px; margin: 10px 8px 4px; color: var(--_muted); font-size: .8667em; font-weight: 600; }
  .list h3 span { font-weight: 400; }
  .list ul { margin: 0; padding: 0; list-style: none; }
  .chat-item {
    display: grid; grid-template: 'avatar name time' auto 'avatar line marks' minmax(1.5em, auto) / 36px minmax(0, 1fr) auto; align-items: center; column-gap: 10px;
    inline-size: 100%; padding: 9px 10px; border: 0; border-radius: 12px; background: none; text-align: start;
  }
  .chat-item:hover { background: color-mix(in srgb, var(--_text) 6%, transparent); }
  .chat-item[aria-current] { background: color-mix(in srgb, var(--_accent) 16%, var(--_raised)); }
  .chat-item:focus-visible { outline-offset: -2px; }
  .chat-item .avatar { grid-area: avatar; }
  .chat-item .name { grid-area: name; overflow: hidden; font-weight: 600; text-overflow: ellipsis; white-space: nowrap; }
  .chat-item time { grid-area: time; justify-self: end; color: var(--_muted); font-size: .8em; font-variant-numeric: tabular-nums; }
  .chat-item .line { grid-area: line; overflow: hidden; color: var(--_muted); font-size: .9333em; text-overflow: ellipsis; white-space: nowrap; }
  .chat-item[aria-current] time, .chat-item[aria-current] .line { color: color-mix(in srgb, var(--_muted) 60%, var(--_text)); }
  .chat-item .line em { color: var(--_accent-text); font-style: normal; }
  .chat-item[data-status='closed'] .avatar { background: #5f6675; }
  .marks { grid-area: marks; display: flex; gap: 6px; justify-content: flex-end; }
  .count {
    display: grid; place-items: center; min-inline-size: 20px; block-size: 20px; padding-inline: 6px; border-radius: 10px;
    background: var(--_accent); color: var(--_on-accent); font-size: 12px; font-weight: 700; line-height: 1;
  }
  .tag { padding: 0 8px; border: 1px solid currentColor; border-radius: 10px; color: var(--_warn); font-size: 12px; line-height: 18px; white-space: nowrap; }

  .conversation { grid-area: conversation; display: flex; flex-direction: column; min-inline-size: 0; min-block-size: 0; background: var(--_surface); }
  .head { display: flex; align-items: center; gap: 12px; padding: 10px 16px; border-block-end: 1px solid var(--_line); }
  .back { display: none; margin-inline: -8px -4px; }
  .conversation .timeline { padding-inline: max(16px, (100% - 760px) / 2); }
  .conversation .composer { padding-inline: max(12px, (100% - 768px) / 2); }

  @container console (max-width: 719px) {
    .console { grid-template: 'bar' auto 'notices' auto 'main' minmax(0, 1fr) / minmax(0, 1fr); }
    .list, .conversation { grid-area: main; }
    .list { border-inline-end: 0; }
    [data-step='list'] .conversation, [data-step='conversation'] .list, [data-step='conversation'] .bar { display: none; }
    .back { display: inline-grid; }
    .head { padding-inline: 12px; }
  }
  @container console (max-width: 399px) {
    .switch-text { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  }
  @media (max-height: 440px) {
    .conversation { overflow-y: auto; }
    .conversation .timeline { min-block-size: 80px; }
    .head { padding-block: 6px; }
  }
  @media (forced-colors: active) {
    .connection::before { border: 1px solid CanvasText; }
    .connection[data-state='live']::before, .track::after { background: CanvasText; }
    .switch[aria-checked='true'] .track::after { background: Highlight; }
    .chat-item[aria-current] { outline: 2px solid Highlight; outline-offset: -2px; }
    .count { border: 1px solid CanvasText; }
  }
`
