import { ChevronsDownUp, ChevronsUpDown } from 'lucide-react'
import type { RefObject } from 'react'
import { formatCount } from '../../model/duration'
import { nextRow } from '../../model/rows'
import type { TxUrl } from '../../state/url'
import parts from '../parts/parts.module.css'
import type { Scene } from '../waterfall/scene'
import wf from '../waterfall/waterfall.module.css'
import { closeAll, openAll } from './fold'
import css from './transaction.module.css'

interface Props {
  scene: Scene
  row: number
  find: string
  hide: string[]
  finder: RefObject<HTMLInputElement | null>
  change: (change: Partial<TxUrl>) => void
  goTo: (row: number) => void
}

const mostServices = 14

/** Toolbar is the line above the waterfall: services, find, fold all. */
export function Toolbar({ scene, row, find, hide, finder, change, goTo }: Props) {
  const hits = find ? scene.hits.reduce((sum, hit) => sum + hit, 0) : 0
  const toHit = (step: 1 | -1) => {
    const next = nextRow(scene.table, row, step, (r) => scene.hits[r] === 1)
    if (next >= 0) goTo(next)
  }
  const toggle = (name: string) => change({ hide: hide.includes(name) ? hide.filter((x) => x !== name) : [...hide, name] })
  const rest = scene.services.length - mostServices
  return (
    <div className={css.toolbar}>
      <ul className={css.legend} aria-label="Services">
        {scene.services.slice(0, mostServices).map((name, i) => (
          <li key={name}>
            <button type="button" aria-pressed={!hide.includes(name)} title={hide.includes(name) ? `Show ${name}` : `Hide ${name}`} onClick={() => toggle(name)}>
              <i className={`${wf.swatch} ${wf[`svc${scene.colors[i]?.slot ?? 8}`]} ${scene.colors[i]?.striped ? wf.striped : ''}`} />
              {name}
            </button>
          </li>
        ))}
        {rest > 0 && <li>and {rest} more</li>}
      </ul>
      <div className={css.find}>
        <input
          ref={finder}
          aria-label="Find spans"
          placeholder="Find"
          value={find}
          onChange={(e) => change({ find: e.target.value })}
          onKeyDown={(e) => {
            if (e.key === 'Enter') toHit(e.shiftKey ? -1 : 1)
            else if (e.key === 'Escape') {
              change({ find: '' })
              e.currentTarget.blur()
            } else return
            e.preventDefault()
          }}
        />
        {find && <span aria-live="polite">{formatCount(hits)}</span>}
      </div>
      <button type="button" className={parts.iconButton} aria-label="Unfold all" title="Unfold all (Shift →)" onClick={() => change({ fold: openAll })}>
        <ChevronsUpDown size={15} aria-hidden />
      </button>
      <button type="button" className={parts.iconButton} aria-label="Fold all" title="Fold all (Shift ←)" onClick={() => change({ fold: closeAll })}>
        <ChevronsDownUp size={15} aria-hidden />
      </button>
    </div>
  )
}
