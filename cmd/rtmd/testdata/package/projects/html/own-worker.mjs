// A Worker of the page's own, in which the core runs, too.
import { load } from './node_modules/rtmwidget/dist/index.js'
import { talk } from './talk.mjs'

onmessage = ({ data }) => talk(load, data).catch((cause) => `failed: ${cause}`).then((text) => postMessage(text))
