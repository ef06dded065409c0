import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startKeys } from './state/keys'
import { startTheme } from './state/theme'
import './theme/tokens.css'
import './theme/base.css'

startTheme()
startKeys()
createRoot(document.getElementById('root')!).render(<App />)
