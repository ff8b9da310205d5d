import type { LitElement, ReactiveController } from 'lit'

/** KeepFocus gives the focus a new place when a drawing takes away the control that had it, so that the keyboard is never lost. */
export class KeepFocus implements ReactiveController {
  #host: LitElement
  #place: () => HTMLElement | null | undefined
  #had: Element | null = null

  constructor(host: LitElement, place: () => HTMLElement | null | undefined) {
    this.#host = host
    this.#place = place
    host.addController(this)
  }

  hostUpdate(): void {
    const root = this.#host.renderRoot?.getRootNode()
    this.#had = root instanceof ShadowRoot ? root.activeElement : null
  }

  hostUpdated(): void {
    if (this.#had && !this.#had.isConnected) this.#place()?.focus({ preventScroll: true })
    this.#had = null
  }
}
