import '../widget/define.ts'
import { organizationId } from './config.ts'

const chat = document.querySelector('rtm-chat')
if (chat) chat.organizationId = organizationId

const basket: string[] = []
const output = document.querySelector('#basket')

document.addEventListener('click', event => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-add], [data-chat]') : null
  if (!button) return
  if ('chat' in button.dataset) chat?.show()
  if (button.dataset.add && output) {
    basket.push(button.dataset.add)
    output.textContent = String(basket.length)
  }
})
