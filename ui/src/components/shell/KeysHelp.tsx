import { boundKeys } from '../../state/keys'
import { prefs, savePrefs } from '../../state/prefs'
import { useStore } from '../../state/store'
import { Dialog } from '../parts/Dialog'
import css from './shell.module.css'

const shown: Record<string, string> = {
  Mod: /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
}

/** KeysHelp lists the keys that act on this page now. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const { letters } = useStore(prefs)
  const groups = new Map<string, { keys: string; does: string }[]>()
  for (const b of boundKeys()) {
    if (!b.does) continue
    const list = groups.get(b.group) ?? []
    const same = list.find((x) => x.does === b.does)
    if (same) same.keys += ` / ${b.keys}`
    else list.push({ keys: b.keys, does: b.does })
    groups.set(b.group, list)
  }
  return (
    <Dialog title="Keys" onClose={onClose} wide>
      <div className={css.keyGroups}>
        {[...groups].map(([group, list]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {list.map(({ keys, does }) => (
                <div key={keys}>
                  <dt>{does}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className={css.letters}>
        <input type="checkbox" checked={letters} onChange={(e) => savePrefs({ letters: e.target.checked })} />
        Single keys act. Switch off when they get in the way of speech input or an extension.
      </label>
    </Dialog>
  )
}

function Keys({ keys }: { keys: string }) {
  return keys.split(' / ').map((choice, i) => (
    <span key={choice}>
      {i > 0 && ' or '}
      {choice.split(' ').map((chord, k) => (
        <kbd key={k}>
          {chord
            .split('+')
            .map((part) => shown[part] ?? part)
            .filter(Boolean)
            .join(' ') || '+'}
        </kbd>
      ))}
    </span>
  ))
}
