/** How the logs of a kind look as rows of a table. */
export interface TableForm {
  /** Whether a table with these columns holds them; by {@link plainName}. */
  readonly isTable: (names: ReadonlySet<string>) => boolean
  /** A row as it would stand in a log object. Cells without a value are left out. */
  readonly text: (cells: readonly (readonly [column: string, value: unknown])[]) => string
}

/** A column's name without what differs between tables: case, spaces and hyphens. */
export const plainName = (column: string): string =>
  column
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '')

/** A cell as text: what is nested, and numbers of any length, as their JSON. */
export const cellText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
