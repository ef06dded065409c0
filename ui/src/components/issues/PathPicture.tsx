import { Fragment } from 'react'
import { useTransaction } from '../../api/hooks'
import { Glyph, kindName } from '../Glyph'
import css from './issues.module.css'

/** PathPicture draws the way from the cause to the failure as its last transaction went it. */
export function PathPicture({ transaction }: { transaction: string }) {
  const { data: tx } = useTransaction(transaction)
  const nodes = tx?.cause?.nodes ?? []
  if (!tx || nodes.length < 2) return null
  return (
    <ol className={css.way} aria-label="From the cause to the failure">
      {nodes.map((n, i) => {
        const node = tx.nodes[n]
        const edge = tx.edges.find((e) => (e.from === nodes[i - 1] && e.to === n) || (e.to === nodes[i - 1] && e.from === n))
        return (
          <Fragment key={i}>
            {i > 0 && <i className={edge?.async ? css.message : css.call} aria-hidden="true" />}
            <li className={i === nodes.length - 1 ? css.failedNode : undefined} title={kindName(node?.kind ?? '')}>
              {i === 0 && <Glyph name="cause" size={12} label="root cause" className={css.kind} />}
              <Glyph name={node?.kind ?? 'unknown'} size={14} />
              {node?.name}
            </li>
          </Fragment>
        )
      })}
    </ol>
  )
}
