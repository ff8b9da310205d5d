import assert from 'node:assert/strict'
import { AgentConnection } from '../src/agent.ts'
import type { ClientOptions, Connection, Link } from '../src/client.ts'
import { CustomerConnection } from '../src/customer.ts'
import type { ConnectionConfig, ToCore } from '../src/messages.ts'
import type { Version } from '../src/objects.ts'

type Make<C> = new (link: Link, config: ConnectionConfig, source: { from: 'page' }, options: ClientOptions) => C

/** What the generated tests of an API need: a client whose core is the test, and what to do with it. */
function calls<C extends Pick<Connection<never, never, never>, 'receive' | 'onPush'>>(api: 'customer' | 'agent', make: Make<C>) {
  const connect = (version: Version) => {
    const sent: ToCore[] = []
    const client = new make(
      { conn: 1, post: (message) => sent.push(message), done: () => {} },
      { api, server: '', organization: '', version, region: '' },
      { from: 'page' },
      { version },
    )
    return { client, sent }
  }
  const { client, sent } = connect('3.6')
  return {
    client,
    /** Checks that a method sends its request, whichever way it is called. */
    sends(action: string, request: object, method: (client: C) => Promise<unknown>, version: Version = '3.6') {
      const { client, sent } = connect(version)
      void method(client)
      const call = sent.at(-1)
      assert.ok(call?.type === 'call', `${action} sent nothing`)
      assert.equal(call.action, action)
      const token = 'token' in request && action === 'login' ? { token: `Bearer ${request.token}` } : {}
      assert.deepEqual(JSON.parse(call.payload), { ...request, ...token })
    },
    /** What the method waits at most. */
    timeout(method: (client: C) => Promise<unknown>): number {
      const { client, sent } = connect('3.6')
      void method(client)
      const call = sent.at(-1)
      return call?.type === 'call' ? call.timeout : NaN
    },
    /** Takes what is there for the compiler alone. */
    compiles(use: () => unknown) {
      assert.equal(typeof use, 'function')
    },
    /** Checks that the listener that was just added gets the push, until it is taken away. */
    pushes(action: string, end: () => void) {
      const receive = () => client.receive({ type: 'push', conn: 1, action, requestId: '', payload: '{}' })
      let got = 0
      const endAll = client.onPush((name) => (got += +(name === action)))
      receive()
      assert.equal(got, 1)
      end()
      endAll()
      assert.equal(sent.length, 1)
    },
  }
}

export const customerCalls = () => calls('customer', CustomerConnection)

export const agentCalls = () => calls('agent', AgentConnection)
