import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { ReactiveControllerHost } from 'lit'
import { estimate } from '../estimate.ts'
import { group, type Row } from '../groups.ts'
import { Memo } from '../memo.ts'
import type { StickToEnd } from '../scroll.ts'
import { Window } from '../window.ts'
import { at, chat, ida, item } from './fixture.ts'

/** n rows of one message each, which are 100 high when they are drawn, and are thought to be 50. */
const rows = (n: number, from = 0): Row[] =>
  group(chat(Array.from({ length: n }, (_, i) => item(`m${from + i}`, i % 2 ? 'c' : 'n', at(9)))), { id: ida.id, side: 'customer' })
const real = 100
const guessed = 50

/** A scroller 500 high that shows what the window says. */
function setup(t: TestContext, first: Row[]) {
  const scope = globalThis as { ResizeObserver?: unknown; document?: unknown }
  scope.ResizeObserver = class {
    observe() {}
    disconnect() {}
  }
  scope.document = { getSelection: () => null }
  t.after(() => {
    delete scope.ResizeObserver
    delete scope.document
  })
  const stick = { atEnd: true }
  let scroll = () => {}
  let asked = 0
  let shown = first
  let range = { from: 0, to: 0, above: 0, below: 0 }
  const scroller = {
    clientWidth: 384, clientHeight: 500, top: 0,
    addEventListener: (_: string, fn: () => void) => { scroll = fn },
    removeEventListener: () => { scroll = () => {} },
    getBoundingClientRect: () => ({ top: 0 }),
    getRootNode: () => ({ activeElement: focused }),
    contains: (node: unknown) => node === inside,
    querySelector: () => ({ getBoundingClientRect: () => ({ top: -scroller.top }) }),
    querySelectorAll: () => {
      const nodes: Array<{ offsetTop: number; nextElementSibling: unknown }> = []
      for (let i = range.from; i <= range.to; i++) nodes.push({ offsetTop: range.above + (i - range.from) * real, nextElementSibling: undefined })
      nodes.forEach((node, i) => { node.nextElementSibling = nodes[i + 1] ?? null })
      return [{ nextElementSibling: nodes[0] }, nodes.at(-1)]
    },
  }
  const inside = {}
  let focused: unknown = null
  const host = { addController() {}, requestUpdate: () => { asked++ } } as unknown as ReactiveControllerHost
  const window = new Window(host, () => scroller as unknown as HTMLElement, stick as StickToEnd, () => guessed)
  const height = () => range.above + (range.to - range.from) * real + range.below
  /** What stands at the top of what is seen, and how high. */
  const onTop = () => {
    const i = range.from + Math.max(0, Math.floor((scroller.top - range.above) / real))
    return { key: drawn[i]?.key, y: range.above + (i - range.from) * real - scroller.top }
  }
  /** What stood there does so again, as StickToEnd has it. */
  const hold = ({ key, y }: ReturnType<typeof onTop>) => {
    const i = shown.findIndex(row => row.key === key)
    if (i >= range.from && i < range.to) scroller.top = range.above + (i - range.from) * real - y
  }
  let drawn: Row[] = []
  /** Updates as long as it is asked for, as lit does. */
  const draw = () => {
    asked = 1
    for (let n = 0; asked; n++) {
      assert.ok(n < 20, 'it comes to an end')
      asked = 0
      window.hostUpdate()
      const live = window.live
      const top = onTop()
      range = window.range(shown)
      drawn = shown
      hold(top)
      if (stick.atEnd) scroller.top = height() - scroller.clientHeight
      window.hostUpdated()
      if (!asked) return live
    }
    return undefined
  }
  return {
    window, stick, draw,
    get range() { return range },
    get top() { return scroller.top },
    height,
    show(next: Row[]) { shown = next },
    scroll(top: number) {
      asked = 0
      scroller.top = top
      scroll()
      const was = asked
      if (was) draw()
      return was > 0
    },
    focus(is: boolean) { focused = is ? inside : null },
    resize(width: number) { scroller.clientWidth = width; scroll(); draw() },
  }
}

test('a short timeline is drawn whole, wherever the reader is', t => {
  const at = setup(t, rows(199))
  at.draw()
  assert.deepEqual(at.range, { from: 0, to: 200, above: 0, below: 0 })
  at.stick.atEnd = false
  assert.equal(at.scroll(0), false)
})

test('of a long one the end is drawn, and its rest has room', t => {
  const at = setup(t, rows(10_000))
  at.draw()
  assert.equal(at.range.to, 10_001)
  assert.ok(at.range.to - at.range.from <= 25, `${at.range.to - at.range.from} rows`)
  // Of those above a few were drawn at first, when all of them were thought to be low.
  assert.ok(at.range.above >= at.range.from * guessed && at.range.above < (at.range.from + 30) * guessed)
  assert.equal(at.range.below, 0)
})

test('scrolling draws what comes near, and not at each step', t => {
  const at = setup(t, rows(10_000))
  at.draw()
  at.stick.atEnd = false
  let drawings = 0
  for (let i = 0; i < 100; i++) {
    if (at.scroll(at.top - 60)) drawings++
    const { from, to, above } = at.range
    assert.ok(above <= at.top && above + (to - from) * real >= at.top + 500, `step ${i}: what is seen is drawn`)
    assert.ok(to - from <= 40)
  }
  assert.ok(drawings < 50, `${drawings} drawings`)
})

test('a jump to the middle draws the middle; what was measured keeps its height', t => {
  const at = setup(t, rows(10_000))
  at.draw()
  at.stick.atEnd = false
  at.scroll(200_000)
  const { from, to, above, below } = at.range
  assert.ok(from > 3_000 && to < 5_000, `${from} to ${to}`)
  assert.ok(below > (10_001 - to) * guessed, 'the rows at the end are known')
  at.scroll(0)
  assert.equal(at.range.from, 0)
  assert.equal(at.height(), above + (to - from) * real + below + at.range.to * (real - guessed))
})

test('what comes in above moves the range along with what is read', t => {
  const old = rows(1_000, 5_000)
  const at = setup(t, old)
  at.draw()
  at.stick.atEnd = false
  at.scroll(10_000)
  const read = old[at.range.from + 8]?.key
  at.show([...rows(5_000), ...old.slice(1)])
  at.draw()
  const shown = [...rows(5_000), ...old.slice(1)].slice(at.range.from, at.range.to)
  assert.ok(shown.some(row => row.key === read), `${read} is drawn`)
  assert.ok(shown.length < 40)
})

test('read out is what comes while the end is seen, not what scrolling draws', t => {
  const all = rows(1_000)
  const at = setup(t, all)
  at.draw()
  assert.equal(at.draw(), true)
  at.stick.atEnd = false
  assert.equal(at.draw(), false)
  at.scroll(10_000)
  at.stick.atEnd = true
  at.window.hostUpdate()
  assert.equal(at.window.live, false, 'the end comes back, which is nothing new')
  assert.equal(at.draw(), true)
  at.show([...all, ...rows(1, 1_000).slice(1)])
  assert.equal(at.draw(), true)
})

test('the focus is not taken away by scrolling', t => {
  const at = setup(t, rows(10_000))
  at.draw()
  at.stick.atEnd = false
  const { to } = at.range
  at.focus(true)
  at.scroll(at.top - 3_000)
  assert.equal(at.range.to, to)
  at.scroll(100_000)
  assert.ok(at.range.to < to - 1_000, 'but not for any price')
})

test('another width is measured anew', t => {
  const at = setup(t, rows(10_000))
  at.draw()
  at.stick.atEnd = false
  at.scroll(at.top - 3_000)
  at.stick.atEnd = true
  at.draw()
  assert.ok(at.range.above > at.range.from * guessed)
  at.resize(500)
  assert.equal(at.range.above, at.range.from * guessed)
})

test('a row is thought to be higher the more is in it', () => {
  const [short, long] = [group(chat([item('a', 'n', at(9))]), { id: 'c', side: 'customer' }), group(chat([item('a'.repeat(500), 'n', at(9))]), { id: 'c', side: 'customer' })]
  assert.ok(estimate(short[1]!, 384) > 40 && estimate(short[1]!, 384) < 100)
  assert.ok(estimate(long[1]!, 384) > 200)
  assert.ok(estimate(long[1]!, 600) < estimate(long[1]!, 384))
})

test('a memo makes once what is made of the same', () => {
  const memo = new Memo<number>()
  let made = 0
  const get = (...of: unknown[]) => memo.get(of, () => ++made)
  assert.deepEqual([get(1, NaN), get(1, NaN), get(2, NaN), get(2), get(2), get()], [1, 1, 2, 3, 3, 4])
})
