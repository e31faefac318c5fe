/** What a write does to an item, for the stores that are no database. */
import type { StateComparison, StateCondition, StateItem, StateValue, StateWrite } from '../contracts/state.ts'

/** An item as it is kept. */
export interface KeptItem {
  readonly attributes: StateItem
  /** ms since the epoch. */
  readonly expiresAt: number
}

/** Whether all conditions hold of an item; undefined is an absent one. */
export function holds(item: StateItem | undefined, when: readonly StateCondition[] = []): boolean {
  return when.every((condition) => {
    const value = item?.[condition.attribute]
    if ('value' in condition) return value !== undefined && compare(value, condition.is, condition.value)
    return (value === undefined) === (condition.is === 'absent')
  })
}

/** As DynamoDB: values of different types are unequal, and neither less nor greater. */
function compare(left: StateValue, is: StateComparison, right: StateValue): boolean {
  if (typeof left !== typeof right) return false
  if (is === '=') return left === right
  if (is === '<') return left < right
  if (is === '<=') return left <= right
  return is === '>' ? left > right : left >= right
}

/**
 * The item after a write.
 *
 * @example
 * changed({ seen: 2 }, { key: 'k', set: { at: 1 }, add: { seen: 1 }, expiresAt: 9 }) // { at: 1, seen: 3 }
 */
export function changed(item: StateItem | undefined, { set, add, remove }: StateWrite): StateItem {
  const next: Record<string, StateValue> = { ...item, ...set }
  for (const [name, number] of Object.entries(add ?? {})) {
    const before = item?.[name]
    next[name] = (typeof before === 'number' ? before : 0) + number
  }
  for (const name of remove ?? []) delete next[name]
  return next
}
