// talk is what every project does with the package: a customer logs in, writes, reads the
// history and uploads a file. It returns what came of it.
export async function talk(load, server, options) {
  const loading = load(options)
  try {
    return await converse(loading, server)
  } finally {
    await loading.destroy()
  }
}

async function converse(loading, server) {
  // Nothing is awaited yet: what is asked waits for the core.
  const chat = loading.customer({ server, organizationId: '11111111-1111-4111-8111-111111111111' })
  const { customer, chats: [known] } = await chat.login()
  if (typeof customer.id !== 'string') throw new Error('nobody is logged in')
  const { chat_id } = known ?? (await chat.startChat({ continuous: true })) // a browser keeps its customer
  await chat.sendEvent(chat_id, { type: 'message', text: 'hello' })
  let sent = 0
  const { url } = await chat.uploadFile(new Blob(['some text']), { name: 'note.txt', onProgress: (progress) => (sent = progress.sent) })
  await chat.sendEvent(chat_id, { type: 'file', url })
  const said = []
  for await (const thread of chat.history(chat_id)) {
    for (const event of thread.events) if (event.type === 'message' || event.type === 'file') said.push(event.text ?? event.name)
  }
  return `said ${said.slice(-2).join()}; ${sent > 9 ? 'uploaded' : `sent ${sent} bytes`}`
}
