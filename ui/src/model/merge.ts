// A list that stays put while new rows arrive.

export interface Keyed {
  id: string
}

/** Merged is what a live list shows: known rows in their places, the newest version of each, and what is new. */
export interface Merged<T> {
  rows: T[]
  fresh: T[]
}

/** mergeNewest keeps the order of old, takes the values of newest where both have a row, and sets apart what old lacks. */
export function mergeNewest<T extends Keyed>(old: T[], newest: T[]): Merged<T> {
  const latest = new Map(newest.map((row) => [row.id, row]))
  const rows = old.map((row) => {
    const update = latest.get(row.id)
    latest.delete(row.id)
    return update ?? row
  })
  return { rows, fresh: [...latest.values()] }
}

/** unique drops later rows with an id seen before: pages of a growing list can overlap. */
export function unique<T extends Keyed>(rows: T[]): T[] {
  const seen = new Set<string>()
  return rows.filter((row) => !seen.has(row.id) && seen.add(row.id))
}
