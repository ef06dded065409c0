// Whether "back" leads to the list a transaction was opened from.
let listSeen = false

export function sawList(): void {
  listSeen = true
}

export function cameFromList(): boolean {
  return listSeen && history.length > 1
}
