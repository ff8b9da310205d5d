import { html, nothing, type TemplateResult } from 'lit'
import { formatSize } from './format.ts'
import { fileIcon } from './icons.ts'
import { safeURL } from './linkify.ts'
import { link, picture } from './piece.ts'
import { raw, str } from './raw.ts'
import type { ModelItem } from 'rtmwidget'
import type { Strings } from './strings.ts'

/** What a browser shows in an img; SVG is left to the download. */
const shown = /^image\/(?:png|jpe?g|gif|webp|avif|bmp)$/iu

/** The longer side of a preview, in pixels. */
const preview = 240

/** fileBody draws a file: an image as a preview that opens it, any other as a link with its name and size. */
export function fileBody(item: ModelItem, s: Strings): TemplateResult {
  const event = raw(item.event)
  const name = str(event.name) || s.attachment
  const href = safeURL(event.url)
  const size = typeof event.size === 'number' ? formatSize(event.size, s) : ''
  const small = safeURL(event.thumbnail_url) ?? (shown.test(str(event.content_type)) ? href : undefined)
  if (href && small) {
    const { width, height } = fit(event.width, event.height)
    const sharp = safeURL(event.thumbnail2x_url)
    const image = picture(devicePixelRatio > 1 && sharp ? sharp : small, str(event.alternative_text), 'preview', { width, height })
    // The name shows when the image does not.
    return html`<div class="photo" part="image">${link(href, html`${image}<span class="photo-name">${fileIcon} <bdi>${name}</bdi></span>`)}</div>`
  }
  return html`<div class="bubble file" part="bubble">${fileIcon}<span><bdi>${href ? link(href, name) : name}</bdi>${size ? html` <small>${size}</small>` : nothing}</span></div>`
}

/** progressRow shows how far an upload is, and stops it. */
export function progressRow({ upload, key, event }: ModelItem, s: Strings, cancel: (key: string) => void) {
  if (!upload) return nothing
  const name = str(raw(event).name) || s.attachment
  const share = upload.size ? Math.min(1, upload.sent / upload.size) : 0
  return html`<span class="note uploading">
    <progress max="1" .value=${share} aria-label=${s.uploading(name)}></progress>
    <span aria-hidden="true">${new Intl.NumberFormat(s.locale, { style: 'percent' }).format(share)}</span>
    <button class="link-button" part="cancel-upload" type="button" aria-label=${s.cancelUpload(name)} @click=${() => cancel(key)}>${s.cancel}</button>
  </span>`
}

/** fit scales a size down to a preview; nothing is known of an image without one. */
export function fit(width: unknown, height: unknown): { width?: number; height?: number } {
  if (typeof width !== 'number' || typeof height !== 'number' || !(width > 0 && height > 0)) return {}
  const scale = Math.min(1, preview / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
