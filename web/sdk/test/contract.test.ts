import { test } from 'node:test'
import { contract } from './contract.ts'
import { noRelease, release, wasm } from './fake.ts'

for (const { name, run } of await contract(wasm)) {
  test(`standard core: ${name}`, async (t) => {
    t.mock.method(console, 'log', () => {}) // where a panic's last words go
    await run()
  })
}

if (release) for (const { name, run } of await contract(release)) test(`release core: ${name}`, run)
else test('release core', { skip: noRelease }, () => {})
