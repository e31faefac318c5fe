/**
 * The state port: small items that all function instances share. `shared/aws/state.ts` keeps them in a DynamoDB table,
 * `shared/local/state.ts` in a file, `shared/state/memory.ts` in the process; one behaviour suite runs against all.
 */

export type StateValue = string | number

/** The attributes of an item, its key and its expiration left out. */
export type StateItem = Readonly<Record<string, StateValue>>

/** What must hold of an item before it is written. An absent attribute fulfils `absent` and nothing else. */
export type StateCondition =
  | { readonly attribute: string; readonly is: 'absent' | 'present' }
  | { readonly attribute: string; readonly is: StateComparison; readonly value: StateValue }

export type StateComparison = '=' | '<' | '<=' | '>' | '>='

/** A change of one item, which is made where there is none. */
export interface StateWrite {
  readonly key: string
  readonly set?: StateItem | undefined
  /** Numbers to add; an absent attribute counts as 0. */
  readonly add?: Readonly<Record<string, number>> | undefined
  readonly remove?: readonly string[] | undefined
  /** All must hold; of an item that is absent or has expired, every attribute is absent. */
  readonly when?: readonly StateCondition[] | undefined
  /** From then on the item is absent. ms since the epoch. */
  readonly expiresAt: number
}

/**
 * `condition`: it did not hold, and nothing was written. `throttled`, `unavailable`: worth another try, later.
 * `denied`, `other`: not.
 */
export type StateFailure = 'condition' | 'throttled' | 'unavailable' | 'denied' | 'other'

/** What a StateStore throws. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly failure: StateFailure
  /** For `condition`: the item as it is (of the first write whose condition did not hold); undefined: there is none. */
  readonly item: StateItem | undefined

  constructor(failure: StateFailure, message: string, options?: { cause?: unknown; item?: StateItem | undefined }) {
    super(message, options)
    this.failure = failure
    this.item = options?.item
  }
}

/** Keeps items. Every read sees every write that was answered before it. Throws {@link StateError} only. */
export interface StateStore {
  get(key: string): Promise<StateItem | undefined>
  /** Returns the item as it is then. */
  write(write: StateWrite): Promise<StateItem>
  /** All or none, of up to 100 different items. */
  writeAll(writes: readonly StateWrite[]): Promise<void>
  /** Does nothing where there is no such item. */
  remove(key: string, when?: readonly StateCondition[]): Promise<void>
}
