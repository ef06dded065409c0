// Our own drawings on a 16 px grid, one stroke. Resource kinds and states are
// never font characters and never a vendor's artwork.

export const glyphPaths: Record<string, string> = {
  function: 'M4 3h1.6c.8 0 1.2.4 1.5 1.2L10.9 13H12.5M7.3 7.2 4 13',
  service: 'M8 2l5.2 3v6L8 14l-5.2-3V5z',
  gateway: 'M2.5 3.5v9M13.5 3.5v9M2.5 8h11M10.5 5l3 3-3 3',
  queue: 'M2.5 4.5h11v7h-11zM6.2 4.5v7M9.8 4.5v7',
  topic: 'M3 8h3M6 8l5-4.5M6 8h5.5M6 8l5 4.5M12 3h.01M13 8h.01M12 13h.01',
  stream: 'M2 5c2-2 4 2 6 0s4 2 6 0M2 8c2-2 4 2 6 0s4 2 6 0M2 11c2-2 4 2 6 0s4 2 6 0',
  bus: 'M2 8h12M5 8V4M11 8V4M8 8v4',
  table: 'M2.5 3h11v10h-11zM2.5 6.5h11M2.5 9.7h11M6.5 6.5V13',
  database: 'M3 4.5C3 3 13 3 13 4.5v7c0 1.5-10 1.5-10 0zM3 4.5C3 6 13 6 13 4.5M3 8c0 1.5 10 1.5 10 0',
  cache: 'M8.8 2 4 9h3.5L7 14l5-7.2H8.4z',
  bucket: 'M3 4h10l-1.2 9H4.2zM3 4c0-1.5 10-1.5 10 0',
  http: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM2.5 8h11M8 2.5c-3 3-3 8 0 11 3-3 3-8 0-11z',
  unknown: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM6.3 6.5C6.5 4.5 9.7 4.7 9.6 6.6 9.5 7.8 8 7.9 8 9.3M8 11.3v.1',
  error: 'M4 4l8 8M12 4l-8 8',
  timeout: 'M8 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5.5v3l2 1.5M6 1h4',
  throttled: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM5 8h6',
  oom: 'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  crash: 'M9 1.5 5.5 7.5h5L7 14.5',
  partial: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  running: 'M4 8h.01M8 8h.01M12 8h.01',
  cold: 'M8 2v12M2.8 5l10.4 6M13.2 5 2.8 11M6.5 3 8 4.3 9.5 3M6.5 13 8 11.7 9.5 13',
  wait: 'M4.5 2.5h7M4.5 13.5h7M5.5 2.5c0 3.5 5 3.5 5 5.5s-5 2-5 5.5M10.5 2.5c0 3.5-5 3.5-5 5.5s5 2 5 5.5',
  cause: 'M8 2l6 6-6 6-6-6zM8 6v4M6 8h4',
  retry: 'M12.5 8A4.5 4.5 0 1 1 11 4.6M11 1.8v3h-3',
  dlq: 'M2.5 4h11v8h-11zM2.5 4l5.5 4.5L13.5 4M9.5 9.5l3 3M12.5 9.5l-3 3',
  batch: 'M2.5 6h8v7.5h-8zM5 6V3.5h8.5V11h-3',
  silent: 'M8 2.5 14.2 13.5H1.8zM8 6.5v3M8 11.5v.1',
  log: 'M3 4h10M3 8h10M3 12h6',
  loop: 'M4 6.5h7l-2-2M12 9.5H5l2 2',
  poison: 'M8 2.5a4 4 0 0 0-4 4c0 2 1 2.5 1.5 3.5h5c.5-1 1.5-1.5 1.5-3.5a4 4 0 0 0-4-4zM6.3 6.5h.01M9.7 6.5h.01M6.5 10v3M9.5 10v3',
  slow: 'M2.5 12a5.5 5.5 0 1 1 11 0M8 12l3-4',
  caret: 'M6 4l4 4-4 4',
  async: 'M2 8h2M6 8h2M10 8h3M11 5l3 3-3 3',
  sync: 'M2 8h11M10 5l3 3-3 3',
  group: 'M4 3.5h9M4 8h9M4 12.5h9M2 3.5h.01M2 8h.01M2 12.5h.01',
}

const kindNames: Record<string, string> = { http: 'HTTP host' }

/** kindName says a resource kind in words. */
export function kindName(kind: string): string {
  return kindNames[kind] ?? kind
}

export function Glyph({ name, label, size = 16, className }: { name: string; label?: string; size?: number; className?: string }) {
  return (
    <svg
      className={className}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      role={label ? 'img' : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
    >
      {label && <title>{label}</title>}
      <path d={glyphPaths[name] ?? glyphPaths.unknown} />
    </svg>
  )
}
