/** Draws the live view of a device as lines of text; knows neither the device nor the terminal. */

export interface PanelState {
  readonly title: string
  /** Seconds since it started. */
  readonly uptimeS: number
  readonly connection: string
  readonly safeMode: boolean
  /** Each with its value as text, such as `on` or `1450 mV`. */
  readonly pins: readonly (readonly [name: string, value: string])[]
  /** What simulated parts show of themselves. */
  readonly parts: readonly (readonly [name: string, value: string])[]
  /** JSON of the last message, and how many there were. */
  readonly telemetry: { readonly count: number, readonly last: string }
  readonly desired: string
  readonly reported: string
  readonly keys: readonly (readonly [key: string, what: string])[]
}

/** At most `columns` wide; ends with the line of keys. */
export function panelLines(state: PanelState, columns: number): string[] {
  const pairs = (list: PanelState['pins']): string => list.map(([name, value]) => `${name} ${value}`).join('   ')
  const rows: [string, string][] = [
    ['hub', state.connection + (state.safeMode ? '   SAFE MODE' : '')],
    ['pins', pairs(state.pins)],
    ...(state.parts.length === 0 ? [] : [['parts', pairs(state.parts)] as [string, string]]),
    ['telemetry', state.telemetry.count === 0 ? 'none yet' : `${state.telemetry.count}, last ${state.telemetry.last}`],
    ['desired', state.desired],
    ['reported', state.reported],
    ['keys', state.keys.map(([key, what]) => `${key} ${what}`).join('   ')],
  ]
  const head = `── ${state.title} · ${clock(state.uptimeS)} `
  return [head.padEnd(columns, '─'), ...rows.map(([name, text]) => `${name.padEnd(11)}${text}`)].map((line) => cut(line, columns))
}

/** What to write to put `lines` above the panel and the panel anew, over the one of `height` lines that is there. */
export function redraw({ height, lines, panel }: { readonly height: number, readonly lines: readonly string[], readonly panel: readonly string[] }): string {
  const up = height > 0 ? `\u001B[${height}A\r` : ''
  return `${up}\u001B[J${[...lines, ...panel].map((line) => `${line}\n`).join('')}`
}

function clock(seconds: number): string {
  return [seconds / 3600, seconds / 60 % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}
