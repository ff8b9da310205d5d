import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import 'rtmwidget/widget'
import { organization, server } from './where.mjs'

function App() {
  const [said, setSaid] = useState('nothing')
  return <main>chat: {said}<rtm-chat open server={server} organization-id={organization} onrtm-chat-ready={() => setSaid('ready')} /></main>
}
createRoot(document.querySelector('#app')).render(<App />)
