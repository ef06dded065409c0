import { useEffect } from 'react'

/** useTitle names the tab after what is on the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Clew`
  }, [title])
}
