import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit'
import type { CustomerClient, customer } from 'rtmwidget'
import { safeURL } from './linkify.ts'
import { picture } from './piece.ts'
import { str } from './raw.ts'

/** What the server knows of a page that a message links to. */
export interface Preview { href: string; title: string; description: string; image?: string | undefined }

/** How many are remembered, are asked for at a time, and wait to be. */
const most = 200
const atOnce = 2
const waiting = 20

/**
 * Previews asks the chat's server what is behind the links that are drawn, for each address once; the page itself asks
 * nobody. It belongs here and not into the model, because what is asked for depends on what is seen.
 */
export class Previews {
  readonly #host: ReactiveControllerHost
  readonly #client: () => CustomerClient | undefined
  readonly #server: () => string | undefined
  /** By address; undefined while it is asked for, and when there is nothing to show. */
  readonly #known = new Map<string, Preview | undefined>()
  #queue: string[] = []
  #asking = 0
  /** Counts the answers. */
  version = 0

  constructor(host: ReactiveControllerHost, client: () => CustomerClient | undefined, server: () => string | undefined) {
    this.#host = host
    this.#client = client
    this.#server = server
  }

  /** of is the preview of an address, if it is there by now. */
  of(href: string): Preview | undefined {
    if (!this.#known.has(href) && !this.#queue.includes(href) && this.#client()) {
      // Who scrolls fast has left the first ones behind; they are asked for when they are seen again.
      this.#queue = [...this.#queue, href].slice(-waiting)
      queueMicrotask(() => this.#ask())
    }
    return this.#known.get(href)
  }

  #ask(): void {
    const client = this.#client()
    if (!client || this.#asking >= atOnce) return
    const href = this.#queue.pop()
    if (!href) return
    this.#asking++
    this.#known.set(href, undefined)
    const [oldest] = this.#known.keys()
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest)
    client.getUrlInfo(href).then(
      info => {
        const preview = previewOf(href, info, this.#server() || location.href)
        if (!preview) return
        this.#known.set(href, preview)
        this.version++
        this.#host.requestUpdate()
      },
      () => {}, // a link without a preview is a link
    ).finally(() => {
      this.#asking--
      this.#ask()
    })
  }
}

/** previewOf reads an answer. An image is shown only when the chat's own server has it: nobody else is to learn who reads. */
export function previewOf(href: string, info: customer.GetURLInfoResponse, server: string): Preview | undefined {
  const title = str(info.title).trim().slice(0, 120)
  const description = str(info.description).trim().slice(0, 200)
  const image = ownImage(str(info.image_url), server)
  // The address is in the message already.
  if (!title || (!description && !image && href.includes(title))) return undefined
  return { href, title, description, image }
}

function ownImage(address: string, server: string): string | undefined {
  if (!/^(?:https?:)?\/\//iu.test(address)) return undefined
  try {
    const base = new URL(server)
    const url = new URL(address, base)
    return url.origin === base.origin ? safeURL(url.href) : undefined
  } catch {
    return undefined
  }
}

/** previewCard draws a preview under the message that has the link. */
export function previewCard({ href, title, description, image }: Preview): TemplateResult {
  return html`
    <a class="link-card" part="preview" href=${href} target="_blank" rel="noopener noreferrer nofollow">
      ${image ? picture(image, '', 'card-image') : nothing}
      <span class="link-title" dir="auto">${title}</span>
      ${description ? html`<span class="link-text" dir="auto">${description}</span>` : nothing}
    </a>`
}
