const { load } = require('rtmwidget')
const { WebSocket } = require('ws')

import('./talk.mjs').then(async ({ talk }) => {
  console.log(await talk(load, process.argv[2], { WebSocket }).catch((cause) => `failed: ${cause}`))
})
