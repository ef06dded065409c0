// What the waterfall draws, prepared: everything the view and the painter need
// and nothing they would have to look up.
import type { Window } from '../../model/axis'
import type { ServiceColor } from '../../model/colors'
import type { Marks } from '../../model/marks'
import type { Folding, Groups, Lines, PlacedLog } from '../../model/rows'
import type { SpanTable } from '../../model/spantable'

export const rowHeight = 26

export interface SceneLog extends PlacedLog {
  level: string
  body: string
}

export interface Scene {
  table: SpanTable
  groups: Groups
  folding: Folding
  lines: Lines
  services: string[]
  colors: ServiceColor[]
  /** name of what a message waited in, by node of the span it led to */
  waitedIn: (row: number) => string
  window: Window
  /** of the window, what is cut out of the axis */
  gaps: Window[]
  /** line with the selection; -1 if none */
  selected: number
  /** rows that the find text hits */
  hits: Uint8Array
  marks: Marks
  /** times in which a function's row waited for others */
  waits: (row: number) => Window[]
  /** draw the way from the cause, let the rest step back, draw the critical path */
  show: { path: boolean; focus: boolean; critical: boolean; cost: boolean }
  /** what the log lines say, by Lines.log */
  logs: SceneLog[]
}
