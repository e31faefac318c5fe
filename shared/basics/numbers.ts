/** Numbers as people read them, everywhere the same: on the screen, in mails, in the report, in the docs. */

const format = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

/** `1,234`; of a fraction two digits. */
export const count = (value: number): string => format.format(value)

/** `1 record`, `2 records`; `2 matches`, where the word for many is given. */
export const plural = (value: number, noun: string, many = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : many}`
