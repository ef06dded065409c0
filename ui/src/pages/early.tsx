import { type ComponentType, lazy, useState } from 'react'

interface Early<P> {
  (props: P): React.JSX.Element
  load: () => Promise<unknown>
}

/**
 * early is lazy for a page that may be loaded before it is drawn. React holds
 * back what follows a placeholder for 300 ms; a page that is here already is
 * drawn without one.
 */
export function early<P extends object>(fetchPage: () => Promise<ComponentType<P>>): Early<P> {
  let here: ComponentType<P> | undefined
  const load = () =>
    fetchPage().then((page) => {
      here = page
      return { default: page }
    })
  const Later = lazy(load) as unknown as ComponentType<P>
  const Page = (props: P) => {
    const [Chosen] = useState<ComponentType<P>>(() => here ?? Later)
    return <Chosen {...props} />
  }
  return Object.assign(Page, { load })
}
