import { css } from 'lit'

export const richStyles = css`
  .message.rich { max-inline-size: min(100%, 34em); }
  .card {
    display: flex; flex-direction: column; inline-size: min(100%, 260px); overflow: hidden; border: 1px solid var(--_line); border-radius: 14px;
    background: var(--_surface); color: var(--_text);
  }
  .card-image { display: block; inline-size: 100%; block-size: 140px; object-fit: cover; background: var(--_bubble); }
  .card-text { flex: 1; padding: 10px 14px; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext; white-space-collapse: collapse; }
  .card-title, .card-subtitle { unicode-bidi: plaintext; }
  .card-title { font-weight: 650; white-space: pre-line; }
  .card-subtitle { color: var(--_muted); font-size: .9333em; white-space: pre-line; }
  .card-text a { color: var(--_accent-text); }
  .card-buttons { display: flex; flex-direction: column; }
  .choice {
    display: block; min-block-size: 40px; padding: 8px 14px; border: 0; border-radius: 0; background: none; color: var(--_accent-text);
    font: inherit; font-weight: 600; font-size: .9333em; text-align: center; text-decoration: none; overflow-wrap: anywhere; unicode-bidi: plaintext;
  }
  .card-buttons .choice { border-block-start: 1px solid var(--_line); }
  .card-buttons .choice:focus-visible { outline-offset: -3px; border-radius: 10px; }
  a.choice:hover, button.choice:hover:enabled { background: color-mix(in srgb, var(--_accent-text) 9%, transparent); }
  .choice[data-role='primary'], .choice[aria-pressed='true'] { background: var(--_accent); color: var(--_on-accent); }
  a.choice[data-role='primary']:hover, button.choice[data-role='primary']:hover, .choice[aria-pressed='true']:hover {
    background: var(--_pressed);
  }
  .choice[data-role='danger'] { color: var(--_danger); }
  .choice:disabled, span.choice { color: var(--_muted); }
  span.choice[data-role='primary'] { background: none; }
  .quick-replies { display: flex; flex-wrap: wrap; gap: 6px; margin-block-start: 6px; }
  .quick-replies .choice { min-block-size: 36px; padding: 6px 14px; border: 1px solid currentColor; border-radius: 18px; background-clip: padding-box; }

  .carousel { max-inline-size: 100%; min-inline-size: 0; }
  .cards {
    display: flex; gap: 8px; overflow-x: auto; scroll-snap-type: x mandatory; scrollbar-width: none; border-radius: 14px; overscroll-behavior-x: contain;
  }
  .cards > * { display: flex; flex: none; inline-size: min(82%, 230px); scroll-snap-align: start; }
  .turn { display: flex; justify-content: flex-end; gap: 4px; margin-block-start: 2px; }
  .turn .icon-button { inline-size: 32px; block-size: 32px; }
  .turn:dir(rtl) svg { transform: scaleX(-1); }
  .sticker { display: block; max-inline-size: 160px; max-block-size: 160px; inline-size: auto; block-size: auto; min-block-size: 24px; }
  .sticker:not([width]) { inline-size: 160px; block-size: 160px; object-fit: contain; }
  .link-card {
    display: flex; flex-direction: column; inline-size: min(100%, 260px); margin-block-start: 3px; padding-block-end: 10px; overflow: hidden;
    border: 1px solid var(--_line); border-radius: 14px; background: var(--_surface); color: var(--_text); text-decoration: none;
  }
  .link-title, .link-text { margin: 8px 14px 0; overflow-wrap: anywhere; }
  .link-title { font-weight: 650; line-height: 1.3; }
  .link-text { margin-block-start: 2px; color: var(--_muted); font-size: .8667em; }

  .avatar { position: relative; overflow: hidden; }
  .avatar img { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; object-fit: cover; }

  .greeting {
    display: flex; flex-direction: column; align-items: flex-start; gap: 8px; padding: 12px; border-radius: var(--_radius); background: var(--_surface);
    color: var(--_text); overflow-wrap: anywhere;
  }
  .greeting > .card { inline-size: 100%; }
  .greeting .bubble { max-inline-size: 100%; }
  .greeting-head { display: flex; align-items: center; gap: 10px; inline-size: 100%; }
  .greeting-who { flex: 1; min-inline-size: 0; font-weight: 650; line-height: 1.25; }
  .greeting-who small { display: block; color: var(--_muted); font-weight: 400; }
  .greeting .text-button { align-self: flex-end; }
  .timeline .greeting { padding: 0 0 14px; }

  @media (forced-colors: active) {
    .card, .link-card, .greeting, .choice { border: 1px solid CanvasText; }
    .choice[aria-pressed='true'] { border: 3px solid Highlight; }
  }
`
