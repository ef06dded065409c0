// The list a transaction was opened from: "back" leads there, and its
// neighbours are one step away.
let listSeen = false
let ids: string[] = []

/** sawList keeps the ids of a list in their order. */
export function sawList(rows: string[]): void {
  listSeen = true
  ids = rows
}

export function cameFromList(): boolean {
  return listSeen && history.length > 1
}

/** neighbours are the transactions before and after id in the list last seen. */
export function neighbours(id: string): { previous?: string; next?: string } {
  const at = ids.indexOf(id)
  return at < 0 ? {} : { previous: ids[at - 1], next: ids[at + 1] }
}
