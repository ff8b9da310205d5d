// The outer tier, --rtm-*, belongs to the page; the inner one, --_*, is what the rules use, so that a page sets only
// what it wants to change. Every pair of text and ground below has at least 4.5:1, light and dark.
//
// --rtm-accent, --rtm-on-accent    launcher, send button, own messages, and what stands on them
// --rtm-accent-text                links and small marks on the surface
// --rtm-surface, --rtm-raised      panel; header, composer and list
// --rtm-bubble, --rtm-on-bubble    messages of the other side
// --rtm-text, --rtm-muted, --rtm-line, --rtm-danger, --rtm-good
// --rtm-font, --rtm-font-size, --rtm-radius, --rtm-shadow
// --rtm-inset-block-end, --rtm-inset-inline-end, --rtm-z-index, --rtm-width, --rtm-height   (widget only)

export const themeText = `
  :host {
    --_accent: var(--rtm-accent, #2c4bc9);
    --_on-accent: var(--rtm-on-accent, #fff);
    --_accent-text: var(--rtm-accent-text, var(--_accent));
    --_surface: var(--rtm-surface, #fff);
    --_raised: var(--rtm-raised, #f6f7fa);
    --_bubble: var(--rtm-bubble, #eceff5);
    --_on-bubble: var(--rtm-on-bubble, #171a21);
    --_text: var(--rtm-text, #171a21);
    --_muted: var(--rtm-muted, #5a6272);
    --_line: var(--rtm-line, #dce0e8);
    --_danger: var(--rtm-danger, #b3261e);
    --_good: var(--rtm-good, #1d7f4e);
    --_warn: #7d5100;
    --_field-line: #838b9b;
    --_radius: var(--rtm-radius, 16px);
    --_shadow: var(--rtm-shadow, 0 1px 2px rgb(16 24 40 / 8%), 0 12px 40px rgb(16 24 40 / 20%));
    color: var(--_text);
    font-family: var(--rtm-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif);
    font-size: var(--rtm-font-size, 15px);
    line-height: 1.45;
    text-align: start;
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --_accent: var(--rtm-accent, #3f5fe0);
      --_accent-text: var(--rtm-accent-text, color-mix(in srgb, var(--_accent) 45%, #fff));
      --_surface: var(--rtm-surface, #14171d);
      --_raised: var(--rtm-raised, #1b1f27);
      --_bubble: var(--rtm-bubble, #272c37);
      --_on-bubble: var(--rtm-on-bubble, #eef0f5);
      --_text: var(--rtm-text, #eef0f5);
      --_muted: var(--rtm-muted, #a3abba);
      --_line: var(--rtm-line, #2e3440);
      --_danger: var(--rtm-danger, #ff9d94);
      --_good: var(--rtm-good, #5cc98f);
      --_warn: #f0c36a;
      --_field-line: #737c8d;
      --_shadow: var(--rtm-shadow, 0 0 0 1px #2e3440, 0 16px 48px rgb(0 0 0 / 60%));
      color-scheme: dark;
    }
  }
  *, *::before, *::after { box-sizing: border-box; }
  button, input, select, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
  button { cursor: pointer; touch-action: manipulation; }
  button:disabled { cursor: default; }
  :focus-visible { outline: 2px solid var(--_accent-text); outline-offset: 2px; }
  svg { display: block; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
  [hidden] { display: none !important; }

  .hidden-text {
    position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  .icon-button {
    display: inline-grid; place-items: center; flex: none;
    inline-size: 40px; block-size: 40px; padding: 0; border: 0; border-radius: 10px; background: none; color: var(--_muted);
  }
  .icon-button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
  .text-button {
    min-block-size: 36px; padding: 6px 14px; border: 1px solid var(--_field-line); border-radius: 10px;
    background: var(--_surface); color: var(--_text); font-weight: 600; font-size: .9333em; white-space: nowrap;
  }
  .text-button:hover { border-color: var(--_text); }
  .text-button.primary { border-color: transparent; background: var(--_accent); color: var(--_on-accent); }
  .text-button.primary:hover { background: color-mix(in srgb, var(--_accent) 88%, #000); }
  .link-button {
    min-block-size: 24px; padding: 2px 4px; border: 0; background: none; color: var(--_accent-text);
    font-weight: 600; text-decoration: underline; text-underline-offset: 2px;
  }

  .avatar {
    display: grid; place-items: center; flex: none; inline-size: 36px; block-size: 36px; border-radius: 50%;
    background: #2f5d8a; color: #fff; font-size: 13px; font-weight: 650; letter-spacing: .02em; user-select: none;
  }
  .avatar[data-hue='1'] { background: #7a3e7f; }
  .avatar[data-hue='2'] { background: #8a4a1f; }
  .avatar[data-hue='3'] { background: #24695c; }
  .avatar[data-hue='4'] { background: #4c4a9e; }
  .avatar[data-hue='5'] { background: #9b2f51; }

  .banner {
    display: flex; align-items: center; gap: 12px; padding: 9px 16px;
    border-block-end: 1px solid var(--_line); background: var(--_raised); color: var(--_muted); font-size: .8667em;
  }
  .banner > span { flex: 1; min-inline-size: 0; overflow-wrap: anywhere; }

  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; }
  }
`
