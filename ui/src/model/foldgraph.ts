// Large graphs are read folded: equal siblings become one node "×N".

export interface FoldNode {
  kind: string
  outcome: string
  name: string
}

export interface Folded {
  /** for each shown node the nodes it stands for, itself first */
  members: number[][]
  /** shown node of each node */
  shownBy: number[]
}

const foldAbove = 40

/** foldSiblings joins leaves that have the same callers, kind, operation (the part of the name before digits) and outcome. */
export function foldSiblings(nodes: FoldNode[], edges: { from: number; to: number }[]): Folded {
  if (nodes.length <= foldAbove) return { members: nodes.map((_, i) => [i]), shownBy: nodes.map((_, i) => i) }
  const callers: number[][] = nodes.map(() => [])
  const leaf = nodes.map(() => true)
  for (const e of edges) {
    callers[e.to].push(e.from)
    leaf[e.from] = false
  }
  const members: number[][] = []
  const shownBy: number[] = []
  const byShape = new Map<string, number>()
  nodes.forEach((node, i) => {
    const stem = node.name.replace(/[-_/ ]?\d+$/, '')
    const shape = leaf[i] && callers[i].length > 0 ? [node.kind, node.outcome, stem, ...callers[i].sort((a, b) => a - b)].join('\n') : `#${i}`
    const at = byShape.get(shape) ?? members.length
    byShape.set(shape, at)
    ;(members[at] ??= []).push(i)
    shownBy.push(at)
  })
  return { members, shownBy }
}
