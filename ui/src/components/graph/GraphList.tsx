import type { Transaction } from '../../api/schema'
import { formatCount, formatDuration, waitedWords } from '../../model/duration'
import { Glyph, kindName } from '../Glyph'
import { isBad, outcomeWord } from '../outcome'
import css from './graph.module.css'

/** GraphList is the graph as a table, for keyboards and screen readers. */
export function GraphList({ tx, selected, onSelect }: { tx: Transaction; selected: number; onSelect: (node: number) => void }) {
  return (
    <div className={css.list}>
      <table>
        <thead>
          <tr>
            <th scope="col">Resource</th>
            <th scope="col">Kind</th>
            <th scope="col">State</th>
            <th scope="col">Entered from</th>
            <th scope="col">Calls</th>
            <th scope="col">Busy</th>
          </tr>
        </thead>
        <tbody>
          {tx.nodes.map((node, i) => (
            <tr key={i} className={i === selected ? css.current : undefined}>
              <th scope="row">
                <button type="button" aria-pressed={i === selected} onClick={() => onSelect(i)}>
                  {node.name}
                </button>
              </th>
              <td>{kindName(node.kind)}</td>
              <td className={isBad(node.outcome) ? css.badText : undefined}>
                {isBad(node.outcome) && <Glyph name={node.outcome} size={12} />} {outcomeWord(node.outcome)}
                {node.cold ? ', cold' : ''}
              </td>
              <td>{callers(tx, i)}</td>
              <td>{formatCount(node.calls)}</td>
              <td>{formatDuration(node.duration_ns)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function callers(tx: Transaction, node: number): string {
  return tx.edges
    .filter((e) => e.to === node)
    .map((e) => `${tx.nodes[e.from]?.name ?? '?'}${e.async ? ` (message, ${waitedWords(e)})` : ''}`)
    .join(', ')
}
