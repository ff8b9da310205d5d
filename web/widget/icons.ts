import { svg, html, type TemplateResult } from 'lit'
import { chatShape, downShape } from './shapes.ts'

// Drawn for this project, on a 24 unit grid. All are decoration: the control around an icon carries the name.
const icon = (shapes: TemplateResult, size = 22) =>
  html`<svg viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true" focusable="false">${shapes}</svg>`

export const chatIcon = icon(svg`<path d=${chatShape} />`, 28)
export const closeIcon = icon(svg`<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>`)
export const downIcon = icon(svg`<path d=${downShape} />`, 26)
export const sendIcon = icon(svg`<path d="M12 19V5.5M6 11l6-6 6 6"/>`)
export const backIcon = icon(svg`<path d="m14.5 5.5-6.5 6.5 6.5 6.5"/>`)
export const infoIcon = icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.01"/>`, 18)
export const previousIcon = icon(svg`<path d="m14 6-6 6 6 6"/>`, 20)
export const nextIcon = icon(svg`<path d="m10 6 6 6-6 6"/>`, 20)
export const attachIcon = icon(svg`<path d="m8 12 5-5a2.8 2.8 0 0 1 4 4l-6.5 6.5a4.6 4.6 0 0 1-6.5-6.5L10 5"/>`)
export const fileIcon = icon(svg`<path d="M7 3.5h6.5L18 8v12.5H7ZM13.5 3.5V8H18"/>`, 18)

const thumb = icon(svg`<path d="M4 11h3.5v9H4ZM7.5 11l3.8-7.2c1.5 0 2.4 1 2.2 2.4L13 9.5h5.2c1.2 0 2 1 1.8 2.2l-1.2 6.6c-.2 1-1 1.7-2 1.7H7.5"/>`, 20)
const thumbDown = icon(svg`<path d="M4 13h3.5V4H4ZM7.5 13l3.8 7.2c1.5 0 2.4-1 2.2-2.4l-.5-3.3h5.2c1.2 0 2-1 1.8-2.2l-1.2-6.6c-.2-1-1-1.7-2-1.7H7.5"/>`, 20)
export const thumbIcon = (score: number) => score ? thumb : thumbDown

export const emojiIcon = icon(svg`<circle cx="12" cy="12" r="8.5"/><path d="M8.5 14a4.2 4.2 0 0 0 7 0M9.2 9.4v.4M14.8 9.4v.4"/>`)
export const moreIcon = icon(svg`<path d="M12 5.5v.1M12 12v.1M12 18.5v.1" stroke-width="3"/>`)
export const checkIcon = icon(svg`<path d="m5.5 12.5 4.2 4.2L18.5 8"/>`, 18)
