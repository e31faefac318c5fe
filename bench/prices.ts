/** Dollars a unit, us-east-1, on demand. Source: Amazon DynamoDB pricing; check before quoting. */
export const READ_UNIT = 0.125e-6
/** Of 1 KB, as {@link READ_UNIT}. */
export const WRITE_UNIT = 0.625e-6
