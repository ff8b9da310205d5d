import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badgeTitle, pageTitle } from '../title.ts'

class Page extends EventTarget {
  title = 'Shop'
  visibilityState = 'visible'
  listeners = 0
  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners = 1
    super.addEventListener(...args)
  }
  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners = 0
    super.removeEventListener(...args)
  }
  turn(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

test('the number stands before the title while the page is hidden', () => {
  const page = new Page()
  Object.defineProperty(globalThis, 'document', { value: page, configurable: true })
  const one = {}
  const two = {}

  badgeTitle(one, 2)
  assert.equal(page.title, 'Shop')
  page.turn('hidden')
  assert.equal(page.title, '(2) Shop')
  badgeTitle(two, 1)
  assert.equal(page.title, '(3) Shop', 'widgets add up')
  badgeTitle(two, 1)
  badgeTitle(one, 4)
  assert.equal(page.title, '(5) Shop')
  assert.equal(pageTitle(), 'Shop')

  page.title = 'Basket'
  assert.equal(pageTitle(), 'Basket')
  badgeTitle(one, 5)
  assert.equal(page.title, '(6) Basket', 'the page has its say')
  badgeTitle(one, 0)
  assert.equal(page.title, '(1) Basket')

  page.turn('visible')
  assert.equal(page.title, 'Basket')
  page.turn('hidden')
  assert.equal(page.title, '(1) Basket')
  badgeTitle(two, 0)
  assert.equal(page.title, 'Basket')
  assert.equal(page.listeners, 0, 'nothing is left behind')

  page.title = '(3) my own'
  page.turn('visible')
  badgeTitle(one, 0)
  assert.equal(page.title, '(3) my own')
})
