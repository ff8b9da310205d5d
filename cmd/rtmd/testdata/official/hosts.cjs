// Leads connections to fixed addresses to rtmd, as a hosts file with ports would:
// RTMD_HOSTS is "api.example.com:443=127.0.0.1:8443". Loaded by node --require, below all
// clients, which stay as they are: TLS still asks for the name and checks it.
'use strict'

const net = require('node:net')

const map = new Map((process.env.RTMD_HOSTS ?? '').split(',').filter(Boolean).map((entry) => entry.split('=')))

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  // net.connect passes its arguments on as one array.
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  const to = options && typeof options === 'object' && map.get(`${options.host}:${options.port}`)
  if (!to) return connect.apply(this, args)
  const colon = to.lastIndexOf(':')
  const mapped = { ...options, host: to.slice(0, colon), port: Number(to.slice(colon + 1)) }
  if (!Array.isArray(args[0])) return connect.call(this, mapped, ...args.slice(1))
  const normalized = args[0].slice()
  for (const key of Object.getOwnPropertySymbols(args[0])) normalized[key] = args[0][key] // net's mark that they are in order
  normalized[0] = mapped
  return connect.call(this, normalized, ...args.slice(1))
}
