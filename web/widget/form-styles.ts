import { css } from 'lit'

export const formStyles = css`
  .composer.form-place { max-block-size: 78%; overflow-y: auto; scrollbar-width: thin; }
  /* With nothing to read above it the form has all the room. */
  .timeline[hidden] ~ .form-place { flex: 1; max-block-size: none; border-block-start: 0; }
  .form { display: flex; flex-direction: column; gap: 12px; padding: 4px; }
  .form h3, .form p { margin: 0; }
  .form h3 { font-size: 1.0667em; }
  .form-field { display: block; min-inline-size: 0; margin: 0; padding: 0; border: 0; }
  .form-field legend { padding: 0; }
  .form-header, .label-text, .option { unicode-bidi: plaintext; }
  .form-field .label-text, .form-field legend { font-weight: 600; font-size: .9333em; }
  .required { color: var(--_danger); }
  .form-field > :is(input:not([type='checkbox']), select, textarea) {
    display: block; inline-size: 100%; min-block-size: 40px; margin-block-start: 4px; padding: 8px 10px; border: 1px solid var(--_field-line);
    border-radius: 10px; background: var(--_surface); color: var(--_text); font: inherit; resize: vertical;
  }
  .form-field > :is(input, select, textarea):focus-visible { outline-offset: 0; }
  [aria-invalid='true'] { border-color: var(--_danger) !important; outline-color: var(--_danger); }
  .option { display: flex; align-items: center; gap: 8px; min-block-size: 32px; }
  .option input { flex: none; inline-size: 18px; block-size: 18px; margin: 0; accent-color: var(--_accent-text); }
  .option.form-field .label-text { font-weight: 400; }
  .card-form { inline-size: 100%; padding: 10px; }
  .scores { display: flex; gap: 20px; }
  .form-problem { color: var(--_danger); font-size: .9em; }
  .form-problem:empty { display: none; }
  .form-buttons { display: flex; justify-content: flex-end; gap: 8px; }
  .rating { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding-block-end: 10px; color: var(--_muted); }
  .rating > span { flex: 1 0 100%; }
  .rating .text-button { display: inline-flex; align-items: center; gap: 6px; }
  .rating .text-button[aria-pressed='true'] { border-color: transparent; background: var(--_accent); color: var(--_on-accent); }
  .rating form { display: flex; flex-direction: column; align-items: flex-end; gap: 8px; flex: 1 0 100%; color: var(--_text); }
  .rating form .form-field { inline-size: 100%; }
  .rating p { flex: 1 0 100%; margin: 0; }

  @media (max-width: 480px), (pointer: coarse) {
    .form-field > :is(input, select, textarea) { font-size: 16px; }
  }
`
