import { readFile } from 'node:fs/promises'
import { platform } from './load.ts'
import { postFile } from './node-upload.ts'
import * as worker from './worker.ts'

// The SDK in Node: the core comes with this module, its wasm from the disk, and sockets from the optional package ws where
// Node has none.

platform.worker = worker
platform.environment = { postFile }
platform.wasm = async (url) => {
  const from = new URL(url ?? './rtm.wasm', import.meta.url)
  return from.protocol === 'file:' ? readFile(from) : from.href
}
platform.socket = async () => {
  try {
    return (await import('ws')).WebSocket
  } catch {
    throw new Error('there is no WebSocket here: install the package ws, or give load one as WebSocket')
  }
}

export * from './index.ts'
