import { useEffect, useRef, useState } from 'react'
import { useSearch } from 'wouter'
import { readTx, type TxUrl, writeTx } from '../../state/url'

const restless = 250 // ms: browsers limit how often a page may rewrite its address

/** useTxState is the view of a transaction as its URL says it; changes go back into the URL. */
export function useTxState(): [TxUrl, (change: Partial<TxUrl> | ((old: TxUrl) => Partial<TxUrl>)) => void] {
  const search = useSearch()
  const [state, setState] = useState(() => readTx(search))
  const written = useRef(search)
  const wroteAt = useRef(0)

  useEffect(() => {
    if (search === written.current) return
    written.current = search
    setState(readTx(search))
  }, [search])

  useEffect(() => {
    const write = () => {
      const next = writeTx(state)
      if (next.slice(1) === written.current) return
      written.current = next.slice(1)
      wroteAt.current = performance.now()
      history.replaceState(history.state, '', location.pathname + next)
    }
    if (performance.now() - wroteAt.current > restless) {
      write()
      return
    }
    const timer = setTimeout(write, restless)
    return () => clearTimeout(timer)
  }, [state])

  return [state, (change) => setState((old) => ({ ...old, ...(typeof change === 'function' ? change(old) : change) }))]
}
