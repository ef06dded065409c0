import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startKeys } from './state/keys'
import { startTheme } from './state/theme'
import './theme/tokens.css'
import './theme/base.css'

if (/\/tx\/[^/]+$/.test(location.pathname)) void import('./pages/TransactionPage')
startTheme()
startKeys()
createRoot(document.getElementById('root')!).render(<App />)
