import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RTMError } from '../src/error.ts'
import { release, wasm } from './fake.ts'
import { Page, random, World } from './tabs.ts'

// Tabs that share a core, in all orders: they come, go, rest and die at any point, and so does what holds the core.
// RTM_SEED replays one seed; RTM_SEEDS is how many there are.

const module = await WebAssembly.compile(release ?? wasm)
const seeds = process.env.RTM_SEED ? [Number(process.env.RTM_SEED)] : Array.from({ length: Number(process.env.RTM_SEEDS ?? 20) }, (_, i) => i + 1)

/** A line that a page was asked to send. */
interface Said {
  readonly page: Page
  readonly text: string
  state: 'asked' | 'taken' | 'refused'
}

/** Does things at random, and finds out whether the promises were kept. */
class Run {
  readonly world: World
  readonly pages: Page[] = []
  readonly said: Said[] = []
  readonly trace: string[] = []
  /** How much of the server's log a page need not have heard: what it fetched instead, before its first push of all. */
  readonly #from = new Map<Page, number>()
  readonly #resting = new Set<Page>()
  readonly #worker: 'shared' | 'dedicated'
  readonly #seed: number
  #asked = 0
  #answered = 0
  #last = 0

  constructor(worker: 'shared' | 'dedicated', seed: number) {
    this.#worker = worker
    this.#seed = seed
    this.world = new World(module, random(seed))
  }

  async go(): Promise<void> {
    const { random } = this.world
    for (let i = 0; i < 50; i++) {
      this.#act(random(14))
      for (let n = random(25); n > 0; n--) await this.world.step()
    }
    for (const page of this.#resting) page.wake()
    if (this.pages.length === 0) this.#open()
    const sent = () => this.world.server.log.map((text) => `sent ${text}`).join()
    // What was taken must arrive, whoever took it.
    const owed = () => this.said.filter(({ state, text, page }) => (state === 'taken' || this.pages.includes(page)) && !this.world.server.log.includes(text))
    await this.world.until(
      () => owed().length === 0 && this.world.hubs === 1 && this.world.server.sockets.size === 1 && this.#asked === this.#answered && this.pages.every((page) => page.client.state === 'live' && page.client.model.state.connection.state === 'live' && page.lines.join() === sent()),
      () => [`lost: ${owed().map(({ text }) => text).join()}`, `server: ${sent()}`, ...this.pages.map((page) => `${page.name} ${page.client.state} ${JSON.stringify(page.client.model.state.connection)}: ${page.lines.join()}`), `${this.#answered} of ${this.#asked}, ${this.world.server.sockets.size} sockets, ${this.world.hubs} cores`].join('\n'),
    )
    this.#check()
  }

  #some(): Page | undefined {
    const awake = this.pages.filter((page) => !this.#resting.has(page))
    return awake[this.world.random(awake.length)]
  }

  #act(what: number): void {
    const page = this.#some()
    const note = (text: string) => this.trace.push(text)
    if (!page || what === 0) {
      if (this.pages.length < 5) note(`open ${this.#open().name}`)
    } else if (what === 1) {
      note(`close ${page.name}`)
      this.#forget(page)
      const done = () => {
        page.tab.close()
        page.die()
      }
      page.client.close().then(done, done)
    } else if (what === 2) {
      note(`crash ${page.name}`)
      this.#forget(page)
      page.die()
    } else if (what === 3) {
      if (this.#seed % 2) return // in every other run nobody rests
      note(`rest ${page.name}`)
      this.#resting.add(page)
      page.rest()
    } else if (what === 4) {
      for (const resting of this.#resting) {
        note(`wake ${resting.name}`)
        resting.wake()
      }
      this.#resting.clear()
    } else if (what === 5) {
      for (const shared of this.world.sharedWorkers()) {
        note('the SharedWorker dies')
        shared.die()
      }
    } else if (what === 6) {
      note('the network breaks')
      this.world.server.cut()
    } else if (what === 7) {
      this.#call(page, page.client.call('list_chats'), [])
    } else if (what === 8) {
      this.#call(page, page.client.call('update_customer', { name: 'Me' }), ['connection_lost'])
    } else if (what < 11) {
      note('agent says')
      this.world.server.say(`agent ${++this.#last}`)
    } else {
      note(`${page.name} says`)
      this.#say(page)
    }
  }

  #open(): Page {
    const page = new Page(`page ${++this.#last}`, this.world, this.#worker)
    this.pages.push(page)
    this.#call(page, page.client.login(), [])
    page.client.on('incoming_event', ({ event }, { recovered }) => {
      const heard = this.world.server.log.indexOf((event as { text: string }).text)
      if (!recovered && page.client.model.state.chats[0]?.loaded && !this.#from.has(page)) this.#from.set(page, heard)
    })
    return page
  }

  #forget(page: Page): void {
    this.pages.splice(this.pages.indexOf(page), 1)
  }

  #say(page: Page): void {
    const said: Said = { page, text: `${page.name} ${++this.#last}`, state: 'asked' }
    this.said.push(said)
    const act = page.client.model.act('send', { text: said.text, chat_id: 'c1' })
    act.then(
      () => (said.state = 'taken'),
      () => (said.state = 'refused'),
    )
    this.#call(page, act, [])
  }

  /** What is asked of a page that lives is answered; with an error only when that may be. */
  #call(page: Page, call: Promise<unknown>, errors: string[]): void {
    this.#asked++
    let open = true
    const end = () => {
      if (open) this.#answered++
      open = false
    }
    page.onEnd(end)
    call.then(end, (cause: unknown) => {
      end()
      const type = cause instanceof RTMError ? cause.type : String(cause)
      const closing = type === 'closed' && !this.pages.includes(page)
      if (!closing && !errors.includes(type)) this.trace.push(`FAILED ${page.name}: ${String(cause)}`)
    })
  }

  #check(): void {
    const { server } = this.world
    assert.deepEqual(this.trace.filter((line) => line.startsWith('FAILED')), [])
    assert.equal(new Set(server.log).size, server.log.length, `a line came twice: ${server.log.join()}`)
    for (const page of new Set(this.said.map((said) => said.page))) {
      const order = this.said.filter((said) => said.page === page && server.log.includes(said.text)).map(({ text }) => text)
      assert.deepEqual(server.log.filter((text) => order.includes(text)), order, 'the order of a page changed')
    }
    for (const page of this.pages) {
      assert.deepEqual(page.crashes, [])
      // One that rested has missed what others heard, and tells them once more where it begins.
      if (this.trace.some((line) => line.startsWith('rest'))) continue
      assert.equal(new Set(page.pushes).size, page.pushes.length, `${page.name} heard pushes twice: ${page.pushes.join()}`)
      // Of what was before that a page may hear something, when the connection broke before it was fetched.
      const due = server.log.slice(this.#from.get(page) ?? server.log.length)
      assert.deepEqual(page.pushes.filter((text) => due.includes(text)), due, `${page.name} missed pushes, or heard them out of order`)
    }
    assert.deepEqual([server.sockets.size, this.world.hubs], [1, 1], 'sockets and cores')
  }

  async end(): Promise<void> {
    for (const page of this.pages) page.die()
    while (await this.world.step()) if (this.world.hubs === 0) break
  }
}

for (const worker of ['shared', 'dedicated'] as const) {
  test(`${worker}: tabs that come and go in any order lose, double and reorder nothing`, async () => {
    for (const seed of seeds) {
      const run = new Run(worker, seed)
      try {
        await run.go()
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}\n${run.trace.join('\n')}`, { cause })
      } finally {
        await run.end()
      }
    }
  })
}
