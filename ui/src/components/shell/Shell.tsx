import { Keyboard, Moon, Sun } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { announcement, copyText, toast } from '../../state/live'
import { savePrefs, prefs } from '../../state/prefs'
import { useKeys } from '../../state/keys'
import { useStore } from '../../state/store'
import { isDark, onTheme, toggleTheme } from '../../state/theme'
import { queryClient } from '../../api/hooks'
import { absoluteLink } from '../../state/link'
import { KeysHelp } from './KeysHelp'
import { pages } from './pages'
import { Palette } from './Palette'
import css from './shell.module.css'

/** Shell is the frame of every page: nav at the left, the page, and what floats above it. */
export function Shell({ children }: { children: ReactNode }) {
  const [location, go] = useLocation()
  const [open, setOpen] = useState<'keys' | 'palette' | null>(null)
  const dark = useDark()
  useKeys([
    ...pages.map((page) => ({ keys: page.keys, does: page.name, group: 'Go to', run: () => go(page.path) })),
    { keys: 'Mod+k', does: 'Find a page, service or trace', group: 'Everywhere', run: () => setOpen('palette'), always: true },
    { keys: '?', does: 'Show the keys', group: 'Everywhere', run: () => setOpen('keys') },
    { keys: 'r', does: 'Refresh', group: 'Everywhere', run: () => void queryClient.invalidateQueries() },
    { keys: 'y', does: 'Copy a link with absolute times', group: 'Everywhere', run: () => void copyText(absoluteLink(), 'Link copied') },
    { keys: 'Shift+D', does: 'Light or dark', group: 'Everywhere', run: toggleTheme },
    { keys: 'Shift+U', does: 'Local time or UTC', group: 'Everywhere', run: () => savePrefs({ utc: !prefs.get().utc }) },
  ])
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <nav className={css.nav} aria-label="Pages">
        <Link href="/" className={css.brand}>
          <BrandMark />
          <span>Clew</span>
        </Link>
        <ul>
          {pages.map((page) => (
            <li key={page.path}>
              <Link href={page.path} className={css.page} title={`${page.name} (${page.keys})`} aria-current={isUnder(location, page.path) ? 'page' : undefined}>
                <page.icon size={16} strokeWidth={1.75} aria-hidden />
                <span>{page.name}</span>
              </Link>
            </li>
          ))}
        </ul>
        <div className={css.foot}>
          <button type="button" className={css.page} onClick={toggleTheme} title="Light or dark (Shift+D)">
            {dark ? <Sun size={16} strokeWidth={1.75} aria-hidden /> : <Moon size={16} strokeWidth={1.75} aria-hidden />}
            <span>{dark ? 'Light' : 'Dark'}</span>
          </button>
          <button type="button" className={css.page} onClick={() => setOpen('keys')} title="Keys (?)">
            <Keyboard size={16} strokeWidth={1.75} aria-hidden />
            <span>Keys</span>
          </button>
        </div>
      </nav>
      <main id="main" className={css.main} tabIndex={-1}>
        {children}
      </main>
      {open === 'keys' && <KeysHelp onClose={() => setOpen(null)} />}
      {open === 'palette' && <Palette onClose={() => setOpen(null)} />}
      <Notices />
    </div>
  )
}

function isUnder(location: string, path: string): boolean {
  return location === path || (path !== '/' && location.startsWith(`${path}/`))
}

function skipToMain(e: React.MouseEvent): void {
  e.preventDefault()
  document.getElementById('main')?.focus()
}

function useDark(): boolean {
  const [dark, setDark] = useState(isDark)
  useEffect(() => onTheme(() => setDark(isDark())), [])
  return dark
}

function Notices() {
  const text = useStore(toast)
  const spoken = useStore(announcement)
  return (
    <>
      <div className="sr-only" role="status" aria-live="polite">
        {spoken}
      </div>
      {text && (
        <div className={css.toast} aria-hidden="true">
          {text}
        </div>
      )}
    </>
  )
}

function BrandMark() {
  return (
    <svg width="20" height="20" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" aria-hidden>
      <circle cx="7" cy="8" r="5.5" />
      <path d="M3.2 5.5c3 .2 5.6 1.8 7.2 5M2 9.5c2.2-.5 4.8.4 6.3 3.2M6.5 2.8c2.8.8 4.8 2.7 5.7 5.2M11 11.500c1.2 1 2.4 1.8 4.5 1.8" />
    </svg>
  )
}
