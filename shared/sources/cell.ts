/** What a table of sources says of one source in one place. */

/** `off` is known to be off; `unknown` could not be looked at; `wrong` is on and of no use. */
export type CellState = 'on' | 'part' | 'off' | 'wrong' | 'unknown'

export interface Cell {
  readonly state: CellState
  /** One sentence or less: which trail, which target, what is left out, why it is not known. */
  readonly what: string
}

export const CELLS = [
  'managementEvents',
  'dataReads',
  'dataWrites',
  'accessLogs',
  'requestMetrics',
  'notification',
  'versioning',
  'publicAccessBlock',
] as const
export type CellName = (typeof CELLS)[number]
