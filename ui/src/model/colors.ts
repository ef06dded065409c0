// Service colours. A pure function of the ordinals, so that two viewers always
// see the same picture.

export interface ServiceColor {
  /** 0…7: a service slot of tokens.css; 8: the neutral grey */
  slot: number
  /** an inner stripe tells services that share a slot apart */
  striped: boolean
}

const slots = 8

/** assignColors gives each service (by its ordinal, in any order) a slot, the preferred one where it is free. */
export function assignColors(ordinals: number[]): ServiceColor[] {
  const order = ordinals.map((ordinal, index) => ({ ordinal, index })).sort((a, b) => a.ordinal - b.ordinal || a.index - b.index)
  const colors: ServiceColor[] = new Array(ordinals.length)
  let taken = new Set<number>()
  order.forEach(({ ordinal, index }, place) => {
    if (place >= 2 * slots) {
      colors[index] = { slot: slots, striped: false }
      return
    }
    if (place === slots) taken = new Set()
    let slot = ((ordinal % slots) + slots) % slots
    while (taken.has(slot)) slot = (slot + 1) % slots
    taken.add(slot)
    colors[index] = { slot, striped: place >= slots }
  })
  return colors
}
