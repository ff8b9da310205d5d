import { load } from 'rtmwidget'
import { talk } from './talk.mjs'

const server = new URLSearchParams(location.search).get('server')
talk(load, server).then(
  (text) => document.body.append(`page: ${text}. `),
  (cause) => document.body.append(`failed: ${cause}`),
)
