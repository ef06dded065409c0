// The colours of the theme's tokens as a canvas needs them; patterns are made
// once per theme.

export interface Palette {
  services: string[]
  bg: string
  text: string
  muted: string
  line: string
  error: string
  warn: string
  cold: string
  wait: string
  font: string
  hatch: CanvasPattern | string
  /** laid over a bar, leaves ticks of it: billed time spent waiting */
  ticks: CanvasPattern | string
}

export function readPalette(element: HTMLElement, c: CanvasRenderingContext2D): Palette {
  const style = getComputedStyle(element)
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const wait = token('wait')
  return {
    services: Array.from({ length: 9 }, (_, i) => (i === 8 ? wait : token(`svc-${i}`))),
    bg: token('bg'),
    text: token('text'),
    muted: token('muted'),
    line: token('line'),
    error: token('error'),
    warn: token('warn'),
    cold: token('cold'),
    wait,
    font: `11px ${style.fontFamily}`,
    hatch: makeHatch(c, token('cold'), token('bg')),
    ticks: makeTicks(c, token('bg')),
  }
}

function makeHatch(c: CanvasRenderingContext2D, ink: string, ground: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 6
  const t = tile.getContext('2d')
  if (!t) return ink
  t.fillStyle = ground
  t.fillRect(0, 0, 6, 6)
  t.strokeStyle = ink
  t.lineWidth = 2
  t.beginPath()
  for (const shift of [-6, 0, 6]) {
    t.moveTo(shift - 1, 7)
    t.lineTo(shift + 7, -1)
  }
  t.stroke()
  return c.createPattern(tile, 'repeat') ?? ink
}


function makeTicks(c: CanvasRenderingContext2D, ground: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = 5
  tile.height = 1
  const t = tile.getContext('2d')
  if (!t) return ground
  t.fillStyle = ground
  t.fillRect(2, 0, 3, 1)
  return c.createPattern(tile, 'repeat') ?? ground
}
