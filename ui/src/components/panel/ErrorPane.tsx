import type { SpanDetail } from '../../api/schema'
import { CopyButton } from '../parts/CopyButton'
import css from './panel.module.css'

const foreign = /node_modules|node:internal|site-packages|dist-packages|\/lib\/python|\/var\/runtime|\/opt\/|java\.base|\(internal/

/** ErrorPane shows the exception; frames of the customer's own code stand out. */
export function ErrorPane({ detail }: { detail: SpanDetail }) {
  const { failure } = detail
  if (!failure && detail.status !== 'error') return <p className={css.none}>This span did not fail.</p>
  const message = failure?.message || detail.status_message
  return (
    <section className={css.section}>
      <header>
        <h3 className={css.errorText}>{failure?.type || 'Failed'}</h3>
        <CopyButton text={[failure?.type, message, failure?.stack].filter(Boolean).join('\n')} what="error" />
      </header>
      {message && <p className={css.message}>{message}</p>}
      {failure?.stack ? (
        <pre className={css.code} tabIndex={0} aria-label="Stack">
          {failure.stack.split('\n').map((line, i) => (
            <span key={i} className={isFrame(line) && foreign.test(line) ? css.foreign : css.own}>
              {line}
              {'\n'}
            </span>
          ))}
        </pre>
      ) : (
        <p className={css.none}>No stack was sent.</p>
      )}
    </section>
  )
}

function isFrame(line: string): boolean {
  return /^\s+(at |File )/.test(line)
}
