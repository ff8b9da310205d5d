import { load } from 'rtmwidget'
import { talk } from './talk.mjs'

const server = new URLSearchParams(location.search).get('server')
talk(load, server).then(
  (text: string) => document.body.append(`page: ${text}. `),
  (cause: unknown) => document.body.append(`failed: ${cause}`),
)
