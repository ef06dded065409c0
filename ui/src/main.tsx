import { createRoot } from 'react-dom/client'
import { expectTransaction } from './api/hooks'
import { App, TransactionPage } from './App'
import { startKeys } from './state/keys'
import { startTheme } from './state/theme'
import './theme/tokens.css'
import './theme/base.css'

startTheme()
startKeys()
const draw = () => createRoot(document.getElementById('root')!).render(<App />)
// A transaction is asked for while its page is still on the way.
const id = /\/tx\/([^/]+)$/.exec(location.pathname)?.[1]
if (id) {
  expectTransaction(decodeURIComponent(id))
  void TransactionPage.load().then(draw, draw)
} else draw()
