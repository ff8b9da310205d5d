import { load } from 'rtmwidget'
import { talk } from './talk.mjs'

console.log(await talk(load, process.argv[2]).catch((cause) => `failed: ${cause}`))
