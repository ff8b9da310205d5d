import { html, nothing, render, type TemplateResult } from 'lit'
import '../widget/define.ts'
import { Basket } from './basket.ts'
import { organizationId } from './config.ts'
import { kites } from './kites.ts'

const chat = document.querySelector('rtm-chat')
if (chat) chat.organizationId = organizationId

/** In pounds; from the second on nothing is paid for shipping. */
const shipping = 4
const freeFrom = 60

interface Card {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly picture: string
  readonly alt: string
  readonly wind: string
  readonly price: number
}

/** The cards of the first page are the catalogue. */
const cards = new Map([...document.querySelectorAll<HTMLElement>('[data-kite]')].map((card): [string, Card] => {
  const text = (selector: string) => card.querySelector(selector)?.textContent?.trim() ?? ''
  const image = card.querySelector('img')
  const id = card.dataset.kite ?? ''
  return [id, {
    id, name: text('h3'), line: text('p'), picture: image?.src ?? '', alt: image?.alt ?? '',
    wind: text('dl > div:first-child dd'), price: Number(text('dl > div:last-child dd').slice(1)),
  }]
}))

const home = document.querySelector<HTMLElement>('#home')
const view = document.querySelector<HTMLElement>('#view')
const added = document.querySelector<HTMLElement>('#added')
const basket = new Basket(id => cards.has(id))
const firstTitle = document.title
let ordered = false

const pounds = (n: number) => `£${n}`

function kitePage(card: Card): TemplateResult {
  const kite = kites[card.id]
  const others = [...cards.values()].filter(other => other.id !== card.id).slice(0, 3)
  return html`
    <nav class="trail" aria-label="Where you are"><a href="#/">Shop</a> <a href="#kites">Kites</a> <span aria-current="page">${card.name}</span></nav>
    <article class="kite">
      <img class="kite-picture" src=${card.picture} width="640" height="480" alt=${card.alt}>
      <div class="kite-text">
        <h1>${card.name}</h1>
        <p class="line">${card.line}</p>
        <p class="price">${pounds(card.price)} <small>with line, bag and tail, ${card.price >= freeFrom ? 'shipping is free' : `shipping ${pounds(shipping)}`}</small></p>
        <form class="buy" @submit=${(event: SubmitEvent) => {
          event.preventDefault()
          add(card, Number(new FormData(event.target as HTMLFormElement).get('count')))
        }}>
          <label>How many <input name="count" type="number" min="1" max="99" value="1" required inputmode="numeric"></label>
          <button class="button">Add to basket</button>
          <button class="button quiet" type="button" data-chat>Ask about it</button>
        </form>
        ${kite?.story.map(paragraph => html`<p>${paragraph}</p>`)}
        <dl class="facts"><div><dt>Wind</dt><dd>${card.wind}</dd></div>${kite?.facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      </div>
    </article>
    <section class="others" aria-labelledby="others-title"><h2 id="others-title">Others fly</h2>
      <ul>${others.map(other => html`<li><a href=${`#/${other.id}`}><img src=${other.picture} width="160" height="120" alt=""><span><b>${other.name}</b>${pounds(other.price)}</span></a></li>`)}</ul></section>`
}

function basketPage(): TemplateResult {
  const items = [...basket.items].flatMap(([id, n]) => {
    const card = cards.get(id)
    return card ? [{ card, n }] : []
  })
  const sum = items.reduce((total, { card, n }) => total + card.price * n, 0)
  const post = sum >= freeFrom ? 0 : shipping
  if (ordered) {
    return html`<div class="bare"><h1>That would have been it</h1><p>This shop is made up, so nothing was ordered and nothing is to be paid. The chat is real: somebody may be at the desk.</p>
      <p class="actions"><a class="button" href="#/">Back to the kites</a><button class="button quiet" type="button" data-chat>Ask a kite maker</button></p></div>`
  }
  if (!items.length) return html`<div class="bare"><h1>Your basket is empty</h1><p>The wind is out there all the same.</p><p class="actions"><a class="button" href="#kites">See the kites</a></p></div>`
  return html`
    <div class="bare wide"><h1>Your basket</h1>
      <ul class="items">${items.map(({ card, n }) => html`
        <li>
          <img src=${card.picture} width="96" height="72" alt="">
          <div><h2><a href=${`#/${card.id}`}>${card.name}</a></h2><p>${pounds(card.price)} each</p></div>
          <label class="count"><span class="hidden-text">How many ${card.name}</span><input type="number" min="1" max="99" inputmode="numeric" .value=${String(n)} @change=${(event: Event) => change(card.id, Number((event.target as HTMLInputElement).value))}></label>
          <output>${pounds(card.price * n)}</output>
          <button class="drop" type="button" @click=${() => change(card.id, 0)}>Remove<span class="hidden-text"> ${card.name}</span></button>
        </li>`)}</ul>
      <dl class="sums" aria-live="polite">
        <div><dt>Kites</dt><dd>${pounds(sum)}</dd></div><div><dt>Shipping${post ? nothing : ', free from £60'}</dt><dd>${post ? pounds(post) : '£0'}</dd></div>
        <div class="total"><dt>Together</dt><dd>${pounds(sum + post)}</dd></div>
      </dl>
      <p class="actions end"><button class="button quiet" type="button" data-chat>Ask before you buy</button><button class="button" type="button" @click=${order}>Order</button></p>
    </div>`
}

function add(card: Card, n = 1): void {
  basket.add(card.id, n)
  draw()
  if (added) render(html`${card.name} is in your basket. <a href="#/basket">See the basket</a>`, added)
}

function change(id: string, n: number): void {
  basket.set(id, Number.isInteger(n) ? n : 1)
  draw()
}

function order(): void {
  basket.clear()
  ordered = true
  draw()
  view?.focus()
}

function draw(): void {
  const count = document.querySelector('#basket')
  if (count) count.textContent = String(basket.count)
  const route = /^#\/(.+)/u.exec(location.hash)?.[1] ?? ''
  const card = cards.get(route)
  if (!home || !view) return
  home.hidden = Boolean(card) || route === 'basket'
  view.hidden = !home.hidden
  if (home.hidden) render(card ? kitePage(card) : basketPage(), view)
  document.title = card ? `${card.name}, Gale & Daughter` : route === 'basket' ? 'Basket, Gale & Daughter' : firstTitle
}

/** go draws the page of the address, from its top, or from the part of the first page that it names. */
function go(): void {
  ordered = false
  if (added) render(nothing, added)
  draw()
  const part = location.hash.length > 1 && !location.hash.startsWith('#/') ? document.getElementById(location.hash.slice(1)) : null
  if (part) part.scrollIntoView()
  else scrollTo({ top: 0, behavior: 'instant' })
  if (view && !view.hidden) view.focus({ preventScroll: true })
}

addEventListener('hashchange', go)
document.addEventListener('click', event => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-add], [data-chat]') : null
  if (!button) return
  if ('chat' in button.dataset) chat?.show()
  const card = cards.get(button.dataset.add ?? '')
  if (card) add(card)
})
if (location.hash) go()
else draw()
