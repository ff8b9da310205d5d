import { css } from 'lit'

export const detailsStyles = css`
  .details {
    grid-area: conversation; justify-self: end; z-index: 1; inline-size: min(100%, 320px); margin-block-start: 61px; padding: 4px 16px 16px; overflow-y: auto;
    border-inline-start: 1px solid var(--_line); background: var(--_raised); box-shadow: -12px 0 24px rgb(0 0 0 / 12%); scrollbar-width: thin;
  }
  .details-toggle { display: inline-flex; align-items: center; gap: 6px; }
  .details-toggle[aria-expanded='true'] { background: color-mix(in srgb, var(--_text) 9%, var(--_surface)); }
  .details section { padding-block: 12px; border-block-end: 1px solid var(--_line); }
  .details section:last-child { border: 0; }
  .details h3 { margin: 0 0 6px; font-size: .9333em; font-weight: 650; }
  .details dl { display: grid; gap: 6px; margin: 0; }
  .details dt { color: var(--_muted); font-size: .8em; }
  .details dd { margin: 0; font-size: .8667em; overflow-wrap: anywhere; }
  .details ol { margin: 0; padding: 0; list-style: none; }
  .details a { color: var(--_accent-text); text-underline-offset: 2px; }
  .tags { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 8px; padding: 0; list-style: none; }
  .tags li { display: inline-flex; align-items: center; max-inline-size: 100%; padding-inline-start: 10px; border: 1px solid var(--_field-line); border-radius: 13px; background: var(--_surface); font-size: .8667em; overflow-wrap: anywhere; }
  .tags button { display: grid; place-items: center; flex: none; inline-size: 26px; block-size: 26px; padding: 0; border: 0; border-radius: 50%; background: none; color: var(--_muted); }
  .tags button:hover:enabled { color: var(--_text); }
  .line-form { display: flex; gap: 6px; }
  .line-form :is(input, select) {
    flex: 1; min-inline-size: 0; min-block-size: 36px; padding: 4px 10px; border: 1px solid var(--_field-line); border-radius: 10px; background: var(--_surface); color: var(--_text); font-size: .8667em;
  }
  .line-form ::placeholder { color: var(--_muted); opacity: 1; }
  .details .problem { margin: 0; color: var(--_danger); font-size: .8667em; }
  .details .problem:not(:empty) { padding-block-start: 10px; }
  .conversation > .banner { flex-wrap: wrap; }
  .conversation > .banner > span { flex-basis: 12em; }

  @container console (min-width: 1080px) {
    .console:has(.details) { grid-template: 'bar bar bar' auto 'notices notices notices' auto 'list conversation details' minmax(0, 1fr) / minmax(260px, 320px) minmax(0, 1fr) 300px; }
    .details { grid-area: details; inline-size: auto; margin: 0; justify-self: stretch; box-shadow: none; }
  }
  @container console (max-width: 719px) {
    .details { grid-area: main; }
    .details-toggle { padding-inline: 8px; }
    .details-text { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  }
`
