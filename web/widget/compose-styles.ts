import { css } from 'lit'

/** What pops up around the text field and the header. */
export const composeStyles = css`
  .composer { position: relative; }
  .composer .left { text-align: end; font-variant-numeric: tabular-nums; }
  .composer .left[data-over] { color: var(--_danger); }
  .emoji, .menu {
    position: absolute; z-index: 1; border: 1px solid var(--_line); border-radius: 12px; background: var(--_surface); color: var(--_text);
    box-shadow: 0 8px 28px rgb(16 24 40 / 24%);
  }
  .emoji {
    inset-block-end: calc(100% + 6px); inset-inline: 12px; display: grid; grid-template-columns: repeat(8, 1fr); gap: 2px; max-inline-size: 352px;
    max-block-size: min(232px, 40dvh); padding: 8px; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin;
  }
  .emoji button { min-inline-size: 0; block-size: 38px; padding: 0; border: 0; border-radius: 8px; background: none; font-size: 22px; line-height: 1; }
  .emoji button:is(:hover, :focus-visible), .menu-item:is(:hover, :focus-visible):not([aria-disabled='true']) {
    background: color-mix(in srgb, currentColor 10%, transparent);
  }
  .emoji button:focus-visible, .menu-item:focus-visible { outline-offset: -2px; }

  .menu-place { position: relative; flex: none; }
  .menu { inset-block-start: calc(100% + 4px); inset-inline-end: 0; inline-size: max-content; max-inline-size: min(280px, 80vw); padding: 6px; }
  .menu-item {
    display: flex; align-items: center; gap: 8px; inline-size: 100%; min-block-size: 40px; padding: 6px 14px 6px 8px; border: 0; border-radius: 8px;
    background: none; text-align: start;
  }
  .menu-item[aria-disabled='true'] { color: var(--_muted); cursor: default; }
  .menu-mark { display: grid; place-items: center; flex: none; inline-size: 20px; color: var(--_accent-text); }
  .confirm { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 8px; padding: 12px 16px; border-block-end: 1px solid var(--_line); background: var(--_raised); }
  .confirm p { flex: 1 1 12em; margin: 0; font-weight: 600; }
  .confirm.offer { padding-block: 8px; font-size: .8667em; }
  .confirm.offer p { flex-basis: 100%; font-weight: 400; }

  @media (forced-colors: active) {
    .emoji, .menu { border-color: CanvasText; }
  }
`
