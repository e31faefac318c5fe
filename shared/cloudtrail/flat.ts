import { Buffer } from 'node:buffer'

/**
 * The same ASCII text in one piece, and a copy of its own. V8 only notes how a text was put together or what it was cut
 * from; what is remembered should neither be put together anew for every record nor keep a whole record alive.
 */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
