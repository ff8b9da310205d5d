/** make makes an element with a class and children; texts become text. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, ...children: Array<Node | string>): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (name) element.className = name
  element.append(...children)
  return element
}

/** How deep a value is unfolded at first. */
const unfolded = 3
/** How many members of one object are drawn. */
const most = 200

/** tree draws a JSON value; objects and lists fold. */
export function tree(value: unknown, key = '', depth = 0): HTMLElement {
  const name = key === '' ? [] : [make('span', 'json-key', key), ': ']
  if (value === null || typeof value !== 'object') {
    return make('div', 'json-leaf', ...name, make('span', `json-${value === null ? 'null' : typeof value}`, JSON.stringify(value) ?? ''))
  }
  const list = Array.isArray(value)
  const members = Object.entries(value)
  if (!members.length) return make('div', 'json-leaf', ...name, list ? '[]' : '{}')
  const node = make('details', 'json-node', make('summary', '', ...name, make('span', 'json-size', list ? `[${members.length}]` : `{${members.length}}`)))
  const fill = () => {
    if (node.childElementCount > 1) return
    node.append(...members.slice(0, most).map(([name, member]) => tree(member, name, depth + 1)))
    if (members.length > most) node.append(make('div', 'json-leaf', `and ${members.length - most} more`))
  }
  node.open = depth < unfolded
  if (node.open) fill()
  else node.addEventListener('toggle', fill, { once: true })
  return node
}

/** copy puts text on the clipboard and says so on the button that asked for it. */
export async function copy(text: string, button: HTMLElement): Promise<void> {
  const before = button.dataset.label ?? button.textContent ?? ''
  button.dataset.label = before
  try {
    await navigator.clipboard.writeText(text)
    button.textContent = 'Copied'
  } catch {
    button.textContent = 'The browser refused'
  }
  setTimeout(() => (button.textContent = before), 1500)
}
