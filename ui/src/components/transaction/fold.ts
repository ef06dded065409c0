// What folding and unfolding does to the state; see Fold in state/url.ts.
import { type Groups } from '../../model/rows'
import type { SpanTable } from '../../model/spantable'
import type { Fold } from '../../state/url'

function without(ids: string[], id: string): string[] {
  return ids.filter((x) => x !== id)
}

/** setClosed closes or opens one row. */
export function setClosed(fold: Fold, id: string, closed: boolean): Fold {
  const listed = fold.ids.includes(id)
  const shouldBeListed = closed !== fold.all
  if (listed === shouldBeListed) return fold
  return { ...fold, ids: shouldBeListed ? [...fold.ids, id] : without(fold.ids, id) }
}

/** setOpened opens or closes the fan-out whose first member has the id. */
export function setOpened(fold: Fold, id: string, opened: boolean): Fold {
  return { ...fold, groups: opened ? [...without(fold.groups, id), id] : without(fold.groups, id) }
}

export const closeAll: Fold = { all: true, ids: [], groups: [] }
export const openAll: Fold = { all: false, ids: [], groups: [] }

/** uncover opens whatever hides the row. */
export function uncover(fold: Fold, t: SpanTable, g: Groups, row: number): Fold {
  let next = fold
  for (let a = row; a >= 0; a = t.parent[a]) {
    if (a !== row) next = setClosed(next, t.id[a], false)
    if (g.of[a] >= 0) {
      const first = t.id[g.list[g.of[a]].first]
      if (!next.groups.includes(first)) next = setOpened(next, first, true)
    }
  }
  return next
}
