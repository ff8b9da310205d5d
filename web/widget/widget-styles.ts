import { css } from 'lit'

export const widgetStyles = css`
  .invitation {
    position: absolute; inset-block-end: 76px; inset-inline: var(--_start) var(--_end); inline-size: min(330px, 100vw - 40px); max-block-size: calc(100dvh - 120px);
    overflow-y: auto; border-radius: var(--_radius); box-shadow: var(--_shadow); animation: open .18s ease-out;
  }
  .invitation:empty { display: none; }

  .panel {
    position: absolute; inset: auto; inset-block-end: 76px; inset-inline: var(--_start) var(--_end); flex-direction: column; margin: 0; padding: 0; overflow: hidden;
    inline-size: min(var(--rtm-width, 384px), 100vw - 40px);
    block-size: min(var(--rtm-height, 620px), 100dvh - var(--rtm-inset-block-end, 20px) - 96px);
    max-inline-size: none; max-block-size: none;
    border: 0; border-radius: var(--_radius); background: var(--_surface); color: var(--_text); box-shadow: var(--_shadow);
    transform-origin: center bottom; animation: open .18s ease-out;
  }
  .panel[open] { display: flex; }
  .panel:focus { outline: 0; }
  .panel::backdrop { background: none; }
  @keyframes open { from { opacity: 0; transform: translateY(12px) scale(.98); } }

  .jump-place { position: relative; block-size: 0; }
  .jump {
    position: absolute; inset-block-end: 12px; inset-inline-end: 14px; display: grid; place-items: center; inline-size: 40px; block-size: 40px; padding: 0;
    border: 1px solid var(--_line); border-radius: 50%; background: var(--_surface); color: var(--_text); box-shadow: 0 2px 10px rgb(16 24 40 / 22%);
  }
  .jump svg { inline-size: 20px; block-size: 20px; }
  .jump .badge { inset-block-start: -10px; inset-inline-end: -8px; }
  .drop {
    position: absolute; inset: 8px; z-index: 1; display: grid; place-items: center; border: 2px dashed var(--_accent-text);
    border-radius: calc(var(--_radius) - 6px); background: color-mix(in srgb, var(--_surface) 92%, transparent); font-weight: 650; pointer-events: none;
  }
  .header {
    display: flex; align-items: center; gap: 12px; padding-block: 12px; padding-inline: 16px 12px; border-block-end: 1px solid var(--_line); background: var(--_raised);
  }
  .mark {
    display: grid; place-items: center; flex: none; inline-size: 36px; block-size: 36px; border-radius: 50%; background: var(--_accent); color: var(--_on-accent);
  }
  .mark svg { inline-size: 20px; block-size: 20px; }
  .who { flex: 1; min-inline-size: 0; }
  .who h2 { margin: 0; overflow: hidden; font-size: 1.0667em; font-weight: 650; line-height: 1.3; text-overflow: ellipsis; white-space: nowrap; }
  .who p { margin: 0; color: var(--_muted); font-size: .8667em; line-height: 1.3; }
  .connection[data-present]::before {
    content: ''; display: inline-block; inline-size: 8px; block-size: 8px; margin-inline-end: 6px; border-radius: 50%; background: var(--_good);
  }

  .panel[data-covers] {
    position: fixed; inset: var(--_top, 0) 0 auto; inline-size: 100vw; block-size: var(--_height, 100dvh); border-radius: 0; box-shadow: none;
    padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
  }
  @media (max-height: 440px) {
    /* Where the page is enlarged there is little height: rather than to crush the timeline the panel scrolls. */
    .panel { overflow-y: auto; }
    .panel .timeline { min-block-size: 80px; }
    .header { padding-block: 6px; }
  }
  @media (forced-colors: active) {
    .panel, .mark, .send { border: 1px solid CanvasText; }
    .panel { background: Canvas; }
    .connection[data-present]::before { background: CanvasText; forced-color-adjust: none; }
  }
`
