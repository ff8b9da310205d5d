import { load } from './node_modules/rtmwidget/dist/index.js'
import { talk } from './talk.mjs'

const server = new URLSearchParams(location.search).get('server')
const show = (name) => (text) => document.body.append(`${name}: ${text}. `)
const failed = (cause) => `failed: ${cause}`

await talk(load, server).catch(failed).then(show('page'))
const worker = new Worker(trusted('./own-worker.mjs'), { type: 'module' })
worker.onmessage = ({ data }) => show('worker')(data)
worker.postMessage(server)

// The page's policy requires it.
function trusted(url) {
  return trustedTypes.createPolicy('own', { createScriptURL: (url) => url }).createScriptURL(url)
}
