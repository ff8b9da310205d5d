/** How the open panel is shown; without a word it is the size of the window that decides. */
export type Layout = 'panel' | 'screen' | undefined

/** Below these sizes the panel covers the screen and is modal. */
const phone = '(max-width: 480px), (max-height: 440px)'

/** PanelDialog shows the dialog the way the screen wants it: modal on a phone, else beside the page without taking the focus. */
export class PanelDialog {
  readonly #find: () => HTMLDialogElement | null
  readonly #layout: () => Layout
  #open = false

  constructor(find: () => HTMLDialogElement | null, layout: () => Layout) {
    this.#find = find
    this.#layout = layout
  }

  get #covers(): boolean {
    const layout = this.#layout()
    return layout ? layout === 'screen' : matchMedia(phone).matches
  }

  /** watch follows the screen until signal is aborted. */
  watch(signal: AbortSignal): void {
    matchMedia(phone).addEventListener('change', () => this.place(this.#open), { signal })
    // An on-screen keyboard lies over the page; only the visual viewport knows where it begins.
    const fit = () => this.#fit()
    for (const type of ['resize', 'scroll']) visualViewport?.addEventListener(type, fit, { signal })
  }

  place(open: boolean): void {
    this.#open = open
    const dialog = this.#find()
    if (!dialog) return
    const modal = this.#covers
    dialog.toggleAttribute('data-covers', modal)
    if (open && dialog.open && dialog.matches(':modal') === modal) return
    const root = dialog.getRootNode()
    const focused = root instanceof ShadowRoot ? root.activeElement : null
    if (dialog.open) dialog.close()
    this.#fit()
    if (!open || !dialog.isConnected) return
    if (modal) dialog.showModal()
    else dialog.setAttribute('open', '')
    const inside = focused instanceof HTMLElement && dialog.contains(focused)
    if (inside || modal) (inside ? focused : dialog).focus()
  }

  /** fit gives a dialog that covers the screen what is left of it; a page that was zoomed in by hand stays as it is. */
  #fit(): void {
    const style = this.#find()?.style
    const view = visualViewport
    if (!style) return
    const covers = view && view.scale < 1.01 && this.#open && this.#covers
    for (const [name, value] of [['--_height', view?.height], ['--_top', view?.offsetTop]] as const) {
      if (covers) style.setProperty(name, `${value}px`)
      else style.removeProperty(name)
    }
  }
}
