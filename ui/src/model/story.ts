// What of a story's analysis is about one row: its part of the bill, its
// messages, and where the fields of its payloads came from.

export interface Origin {
  /** payload of the row that has the field, and where */
  role: string
  path: string
  /** the row at the other end; -1 if not known */
  row: number
  otherRole: string
  otherPath: string
  /** the field came from the other row; false: it went there */
  from: boolean
  missing: boolean
}

interface Value {
  row: number
  role: string
  path: string
  from_row: number
  from_role: string
  from_path: string
  missing: boolean
}

/** originsOf returns the marked fields of a row's payloads: where they came from, and where they went. */
export function originsOf(tx: { cause?: { values: Value[] } | null }, row: number): Origin[] {
  return (tx.cause?.values ?? []).flatMap((v) => {
    const found: Origin[] = []
    if (v.row === row) found.push({ role: v.role, path: v.path, row: v.from_row, otherRole: v.from_role, otherPath: v.from_path, from: true, missing: v.missing })
    if (v.from_row === row) found.push({ role: v.from_role, path: v.from_path, row: v.row, otherRole: v.role, otherPath: v.path, from: false, missing: v.missing })
    return found
  })
}

interface Bill {
  items: { row: number; node: number; what: string; formula: string; usd: number }[]
  unknown: { row: number; node: number; what: string; why: string }[]
}

interface IdleRow {
  row: number
  billed_ns: number
  idle_ns: number
  by: { node: number; idle_ns: number }[]
}

export interface RowCost extends Bill {
  idle?: IdleRow
}

/** rowCost returns what a row itself is billed, and what it waited for. */
export function rowCost(tx: { cost?: Bill | null; idle: IdleRow[] }, row: number): RowCost {
  const mine = <T extends { row: number }>(all: T[] | undefined) => (all ?? []).filter((x) => x.row === row)
  return { items: mine(tx.cost?.items), unknown: mine(tx.cost?.unknown), idle: tx.idle.find((i) => i.row === row) }
}

interface Message {
  key: string
  kind: string
  sender: number
  attempts: number[]
  batch: number
  dlq: number
  redriven: boolean
  fate: string
}

/** messagesOf returns the messages that a row sent or received. */
export function messagesOf<M extends Message>(tx: { messages: M[] }, row: number): { message: M; way: 'in' | 'out' }[] {
  return tx.messages.flatMap((message) => {
    const ways: { message: M; way: 'in' | 'out' }[] = []
    if (message.attempts.includes(row)) ways.push({ message, way: 'in' })
    if (message.sender === row) ways.push({ message, way: 'out' })
    return ways
  })
}

/** waitingShare is the part of all billed time that was spent waiting; NaN when nothing was billed. */
export function waitingShare(idle: IdleRow[]): number {
  const billed = idle.reduce((sum, i) => sum + i.billed_ns, 0)
  return billed > 0 ? idle.reduce((sum, i) => sum + i.idle_ns, 0) / billed : NaN
}

const fates: Record<string, string> = {
  delivered: 'delivered',
  retrying: 'still being tried',
  dead: 'dead-lettered',
  dropped: 'dropped',
  unknown: 'no one was seen taking it',
}

/** fateWord says what became of a message. */
export function fateWord(fate: string): string {
  return fates[fate] ?? fate
}
