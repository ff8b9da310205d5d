export const launcherText = `
  :host {
    position: fixed; inset-block-end: var(--rtm-inset-block-end, 20px); inset-inline-end: var(--rtm-inset-inline-end, 20px);
    z-index: var(--rtm-z-index, 2147483000); display: block;
    --_start: auto; --_end: 0px;
  }
  :host([position='start']) { inset-inline: var(--rtm-inset-inline-start, 20px) auto; --_start: 0px; --_end: auto; }
  :host([hidden]) { display: none !important; }
  .launcher {
    position: relative; display: grid; place-items: center; inline-size: 60px; block-size: 60px; padding: 0; border: 0; border-radius: 50%;
    background: var(--_accent); color: var(--_on-accent); box-shadow: 0 4px 16px rgb(16 24 40 / 28%); transition: transform .15s ease-out;
  }
  .launcher:hover { transform: translateY(-2px); }
  .launcher:active { transform: none; }
  .launcher:focus-visible { outline-offset: 3px; }
  .badge {
    position: absolute; inset-block-start: -4px; inset-inline-end: -4px; display: grid; place-items: center; min-inline-size: 24px; block-size: 24px;
    padding-inline: 6px; border: 2px solid #fff; border-radius: 12px; background: #b3261e; color: #fff; font-size: 13px; font-weight: 700; line-height: 1;
  }
  .launcher[data-loading]::after {
    content: ''; position: absolute; inset: -5px; border: 3px solid var(--_accent); border-inline-end-color: transparent; border-radius: 50%;
    animation: turn .9s linear infinite;
  }
  @keyframes turn { to { transform: rotate(1turn); } }
  .trouble {
    position: absolute; inset-block-end: 76px; inset-inline: var(--_start) var(--_end); inline-size: max-content; max-inline-size: min(280px, 100vw - 40px); margin: 0; padding: 10px 14px;
    border-radius: var(--_radius); background: var(--_surface); box-shadow: var(--_shadow);
  }
  .trouble:empty { display: none; }
  rtm-chat-panel { display: contents; }
  @media (forced-colors: active) {
    .launcher, .trouble { border: 1px solid CanvasText; }
  }
`
