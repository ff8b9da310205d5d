import { html, nothing, type TemplateResult } from 'lit'

/** link opens in a tab of its own, which learns nothing of this page. */
export function link(href: string, text: string | TemplateResult): TemplateResult {
  return html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`
}

/**
 * picture is an image that goes away when it can't be shown: the page's policy may refuse it. With its size the room is
 * kept before it comes, so that nothing moves.
 */
export function picture(src: string, alt: string, name: string, size: Record<string, unknown> = {}): TemplateResult {
  const pixels = (value: unknown) => typeof value === 'number' && value > 0 ? value : nothing
  return html`<img class=${name} src=${src} alt=${alt} width=${pixels(size.width)} height=${pixels(size.height)} loading="lazy" decoding="async"
    referrerpolicy="no-referrer" @error=${(event: Event) => { (event.currentTarget as HTMLElement).hidden = true }}>`
}
