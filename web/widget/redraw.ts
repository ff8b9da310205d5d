import { AsyncDirective, directive, type DirectiveResult } from 'lit/async-directive.js'
import type { ChildPart } from 'lit'

/**
 * Redraw lets a piece of an element be drawn again by itself: what is written takes a drawing of the text field with each key, and
 * none of the conversation above it. With the element it is drawn as ever.
 */
export class Redraw {
  #piece: Piece | undefined
  #draw: () => unknown = () => undefined

  /** view is the piece in the element's template. */
  view(draw: () => unknown): DirectiveResult {
    this.#draw = draw
    return piece(this)
  }

  /** now draws the piece again, if it is in the page. */
  now(): void {
    this.#piece?.setValue(this.#draw())
  }

  /** drawn is for the piece alone. */
  drawn(by: Piece): unknown {
    this.#piece = by
    return this.#draw()
  }

  /** gone is for the piece alone. */
  gone(by: Piece): void {
    if (this.#piece === by) this.#piece = undefined
  }
}

class Piece extends AsyncDirective {
  #of: Redraw | undefined

  override render(of: Redraw): unknown {
    return of.drawn(this)
  }

  override update(_: ChildPart, [of]: [Redraw]): unknown {
    this.#of = of
    return this.render(of)
  }

  protected override disconnected(): void {
    this.#of?.gone(this)
  }

  protected override reconnected(): void {
    if (this.#of) this.setValue(this.#of.drawn(this))
  }
}

const piece = directive(Piece)
