import { Link, useLocation, useSearch } from 'wouter'
import { useServices } from '../api/hooks'
import { BusyBar, EmptyNote, ErrorNote, PartialNote, Skeleton } from '../components/parts/Notes'
import { ServiceTable } from '../components/services/ServiceTable'
import { Header } from '../components/shell/Header'
import { type ListUrl, readList, writeList } from '../state/url'
import { useTitle } from '../state/title'

export function ServicesPage() {
  useTitle('Services')
  const url = readList(useSearch())
  const [, go] = useLocation()
  const query = useServices(url)
  const onUrl = (change: Partial<ListUrl>) => go(`/services${writeList({ ...url, ...change, q: '' })}`)
  const data = query.data
  return (
    <>
      <Header title="Services" url={url} query={false} onUrl={onUrl} />
      <BusyBar on={query.isFetching && !query.isPending} />
      {data?.partial && <PartialNote text={data.partial} />}
      {query.isPending && <Skeleton rows={10} label="Loading services" />}
      {query.isError && <ErrorNote what="The services could not be read." error={query.error} onRetry={() => void query.refetch()} />}
      {data && data.services.length === 0 && (
        <EmptyNote title="No service sent anything in this time">
          <p>
            Choose a longer time, or <Link href="/connect">connect one</Link>.
          </p>
        </EmptyNote>
      )}
      {data && data.services.length > 0 && <ServiceTable services={data.services} range={url} />}
    </>
  )
}
