import { Activity, BellRing, Braces, CircleAlert, LayoutDashboard, Plug, ScrollText, Server } from 'lucide-react'

/** pages are what the nav, the palette and the keys lead to. */
export const pages = [
  { path: '/', name: 'Overview', keys: 'g o', icon: LayoutDashboard },
  { path: '/tx', name: 'Transactions', keys: 'g t', icon: Activity },
  { path: '/functions', name: 'Functions', keys: 'g f', icon: Braces },
  { path: '/issues', name: 'Issues', keys: 'g i', icon: CircleAlert },
  { path: '/logs', name: 'Logs', keys: 'g l', icon: ScrollText },
  { path: '/alerts', name: 'Alerts', keys: 'g a', icon: BellRing },
  { path: '/services', name: 'Services', keys: 'g s', icon: Server },
  { path: '/connect', name: 'Connect', keys: 'g c', icon: Plug },
]
