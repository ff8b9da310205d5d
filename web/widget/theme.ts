// The outer tier, --rtm-*, belongs to the page; the inner one, --_*, is what the rules use, so that a page sets only what it
// wants to change. README.md lists the outer one. Six colours are a brand; everything else derives from them, so that every
// pair of text and ground has at least 4.5:1 whatever they are, as long as the pairs that a page sets itself have.

/** on is black or white, whichever has more contrast on a colour: half of the way between them is at 49.44 of CIE lightness. */
const on = (colour: string) => `lch(from ${colour} clamp(min(8, max(0, l - 70)), (49.44 - l) * 1e4, 100) 0 0)`

/** seen is a colour's hue as dark, or as light, as text on the surface has to be. */
const seen = (colour: string) => `color-mix(in lch, ${colour}, lch(from var(--_surface) clamp(38, (50 - l) * 1e4, 75) none none) 100%)`

const mixed = (share: number) => `color-mix(in srgb, var(--_text) ${share}%, var(--_surface))`

/** darkly are rules for a dark theme, chosen by the page or else by the reader. */
const darkly = (rules: string) => `
  @media (prefers-color-scheme: dark) { :host(:not([theme='light'])) { ${rules} } }
  :host([theme='dark']) { ${rules} }`

export const themeText = `
  :host {
    --_accent: var(--rtm-accent, #2c4bc9);
    --_surface: var(--rtm-surface, #fff);
    --_shadow: var(--rtm-shadow, 0 1px 2px rgb(16 24 40 / 8%), 0 12px 40px rgb(16 24 40 / 20%));
    --_text: var(--rtm-text, ${on('var(--_surface)')});
    --_on-accent: var(--rtm-on-accent, ${on('var(--_accent)')});
    --_pressed: color-mix(in srgb, var(--_accent) 88%, lch(from var(--_accent) clamp(0, (l - 49.44) * 1e4, 100) 0 0));
    --_accent-text: var(--rtm-accent-text, ${seen('var(--_accent)')});
    --_own: var(--rtm-own-bubble, var(--_accent));
    --_on-own: var(--rtm-on-own-bubble, ${on('var(--_own)')});
    --_raised: var(--rtm-raised, ${mixed(4)});
    --_bubble: var(--rtm-bubble, ${mixed(8)});
    --_on-bubble: var(--rtm-on-bubble, ${on('var(--_bubble)')});
    --_muted: var(--rtm-muted, ${mixed(68)});
    --_line: var(--rtm-line, ${mixed(14)});
    --_field-line: ${mixed(54)};
    --_danger: var(--rtm-danger, ${seen('#b3261e')});
    --_good: var(--rtm-good, ${seen('#1d7f4e')});
    --_warn: ${seen('#7d5100')};
    --_radius: var(--rtm-radius, 16px);
    color-scheme: light;
    color: var(--_text);
    font-family: var(--rtm-font, inherit);
    font-size: var(--rtm-font-size, 15px);
    line-height: 1.45;
    text-align: start;
  }
  ${darkly(`
    --_accent: var(--rtm-accent, #4a68e8);
    --_surface: var(--rtm-surface, #14171d);
    --_shadow: var(--rtm-shadow, 0 0 0 1px #2e3440, 0 16px 48px rgb(0 0 0 / 60%));
    color-scheme: dark;
  `)}
  /* Browsers before 2024 don't derive one colour from another. */
  @supports not (color: lch(from red l c h)) {
    :host {
      --_text: var(--rtm-text, #171a21);
      --_on-accent: var(--rtm-on-accent, #fff);
      --_pressed: var(--_accent);
      --_accent-text: var(--rtm-accent-text, var(--_accent));
      --_on-own: var(--rtm-on-own-bubble, var(--_on-accent));
      --_on-bubble: var(--rtm-on-bubble, var(--_text));
      --_danger: var(--rtm-danger, #b3261e);
      --_good: var(--rtm-good, #1d7f4e);
    }
    ${darkly(`
      --_text: var(--rtm-text, #eef0f5);
      --_accent-text: var(--rtm-accent-text, color-mix(in srgb, var(--_accent) 45%, #fff));
      --_danger: var(--rtm-danger, #ff9d94);
      --_good: var(--rtm-good, #5cc98f);
    `)}
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
  .text-button.primary:hover { background: var(--_pressed); }
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
