// What the waterfall draws, prepared: everything the view and the painter need
// and nothing they would have to look up.
import type { Window } from '../../model/axis'
import type { ServiceColor } from '../../model/colors'
import type { Folding, Groups, Lines } from '../../model/rows'
import type { SpanTable } from '../../model/spantable'

export const rowHeight = 26

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
}
