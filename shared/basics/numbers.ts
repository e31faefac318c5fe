/** Numbers as people read them, everywhere the same: on the screen, in mails, in the report, in the docs. */

/** Made with the first fraction: it takes longer than all else that a command loads, and most numbers are whole. */
let format: Intl.NumberFormat | undefined

/** `1,234`; of a fraction two digits. */
export function count(value: number): string {
  if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))
    return value < 1000 ? String(value) : grouped(String(value))
  format ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
  return format.format(value)
}

/** Digits in groups of three, from the right. */
const grouped = (digits: string): string => digits.replace(/\d(?=(?:\d{3})+$)/g, '$&,')

/** `1 record`, `2 records`; `2 matches`, where the word for many is given. */
export const plural = (value: number, noun: string, many = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : many}`
