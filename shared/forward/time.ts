/** How long there is for an object. ms since the epoch; `Infinity`: as long as it takes. */
export interface Time {
  /** From then on the object is handed over at the next record. */
  readonly handOverAt: number
  /** From then on no record is sent any more. */
  readonly endsAt: number
  /** Until then what became of the records must be recorded. */
  readonly recordedBy: number
}

const ENDLESS = Number.POSITIVE_INFINITY
export const UNLIMITED: Time = { handOverAt: ENDLESS, endsAt: ENDLESS, recordedBy: ENDLESS }
