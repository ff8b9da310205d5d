import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { ReactiveControllerHost } from 'lit'
import { StickToEnd } from '../scroll.ts'

/** A scroller without a page: it clamps its position and tells of a scroll when the test says that a frame passes. */
class Scroller {
  scrollHeight = 1000
  clientHeight = 300
  #top = 0
  #moved = false
  readonly #scroll = new Set<() => void>()
  readonly #load = new Set<() => void>()

  get scrollTop(): number {
    return this.#top = Math.max(0, Math.min(this.#top, this.scrollHeight - this.clientHeight))
  }
  set scrollTop(top: number) {
    const before = this.scrollTop
    this.#top = top
    if (this.scrollTop !== before) this.#moved = true
  }
  get rest(): number {
    return this.scrollHeight - this.clientHeight - this.scrollTop
  }
  addEventListener(type: 'scroll' | 'load', fn: () => void): void {
    this.#of(type).add(fn)
  }
  removeEventListener(type: 'scroll' | 'load', fn: () => void): void {
    this.#of(type).delete(fn)
  }
  #of = (type: 'scroll' | 'load') => type === 'scroll' ? this.#scroll : this.#load
  /** An image inside is there. */
  load(): void {
    for (const fn of this.#load) fn()
  }
  /** A frame: first the scroll events, then the sizes. */
  frame(resized = () => {}): void {
    if (this.#moved) for (const fn of this.#scroll) fn()
    this.#moved = false
    resized()
  }
  get listeners(): number {
    return this.#scroll.size + this.#load.size
  }
}

function setup(t: TestContext) {
  const scope = globalThis as { ResizeObserver?: unknown }
  let resized = () => {}
  let observing = 0
  scope.ResizeObserver = class {
    constructor(fn: () => void) {
      resized = fn
    }
    #on = 0
    observe() {
      observing += 1 - this.#on
      this.#on = 1
    }
    disconnect() {
      observing -= this.#on
      this.#on = 0
    }
  }
  t.after(() => delete scope.ResizeObserver)
  const at = new Scroller()
  const stick = new StickToEnd({ addController() {} } as unknown as ReactiveControllerHost, () => at as unknown as HTMLElement)
  stick.hostUpdated()
  return { at, stick, resized: () => resized(), observing: () => observing }
}

test('stays at the end while messages come', t => {
  const { at, stick } = setup(t)
  assert.equal(at.rest, 0)
  for (let i = 0; i < 3; i++) {
    at.scrollHeight += 200
    stick.hostUpdated()
    at.frame()
    assert.equal(at.rest, 0)
  }
})

test('a reader who scrolled up stays there, and one who comes back sticks again', t => {
  const { at, stick } = setup(t)
  at.frame()
  at.scrollTop -= 200
  at.frame()
  at.scrollHeight += 100
  stick.hostUpdated()
  assert.equal(at.rest, 300)
  at.scrollTop = at.scrollHeight
  at.frame()
  at.scrollHeight += 100
  stick.hostUpdated()
  assert.equal(at.rest, 0)
  at.scrollTop -= 400
  at.frame()
  stick.jump()
  stick.hostUpdated()
  assert.equal(at.rest, 0)
})

test('a composer that grows before the scroll event of a message does not look like a reader', t => {
  const { at, stick, resized } = setup(t)
  at.scrollHeight += 200
  stick.hostUpdated() // moves; its event is told at the next frame
  at.clientHeight -= 60
  at.frame(resized)
  assert.equal(at.rest, 0)
})

test('a reader who goes up is not taken back before the scroll event is told', t => {
  for (const meanwhile of ['resize', 'load', 'drawing'] as const) {
    const { at, stick, resized } = setup(t)
    at.frame()
    at.scrollTop = 100
    at.scrollHeight += 40
    if (meanwhile === 'resize') resized()
    else if (meanwhile === 'load') at.load()
    else {
      stick.hostUpdate()
      stick.hostUpdated()
    }
    assert.equal(at.scrollTop, 100, meanwhile)
    at.frame()
    stick.hostUpdated()
    assert.equal(at.scrollTop, 100, meanwhile)
  }
})

test('content that gets shorter does not look like a reader', t => {
  const { at, stick } = setup(t)
  at.frame()
  at.scrollHeight -= 300
  stick.hostUpdated()
  at.scrollHeight += 500
  stick.hostUpdated()
  at.frame()
  assert.equal(at.rest, 0)
})

test('who jumps to the end gets there, even out of the middle of a scroll', t => {
  const { at, stick } = setup(t)
  at.frame()
  at.scrollTop = 100
  stick.jump()
  stick.hostUpdate()
  stick.hostUpdated()
  at.frame()
  assert.equal(at.rest, 0)
})

test('what was hidden is at its end again when it is shown', t => {
  const { at, stick, resized } = setup(t)
  at.frame()
  const { clientHeight, scrollHeight } = at
  at.clientHeight = at.scrollHeight = 0
  at.scrollTop = 0
  at.frame(resized)
  at.clientHeight = clientHeight
  at.scrollHeight = scrollHeight
  stick.hostUpdated()
  at.frame(resized)
  assert.equal(at.rest, 0)
})

test('an image that takes its room when it is there moves the end along', t => {
  const { at } = setup(t)
  at.frame()
  at.scrollHeight += 240
  at.load()
  assert.equal(at.rest, 0)
})

test('a node that was moved in the page is at its end again', t => {
  const { at, stick, observing } = setup(t)
  at.frame()
  stick.hostDisconnected()
  assert.deepEqual([at.listeners, observing()], [0, 0])
  at.scrollTop = 0 // as the page does to what it takes out
  stick.hostUpdated()
  assert.equal(at.rest, 0)
  assert.deepEqual([at.listeners, observing()], [2, 1])
})
