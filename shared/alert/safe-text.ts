import { shorten } from '../incident/facts.ts'

/** Control characters (C0, DEL, C1), directional and other format marks, line and paragraph breaks, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Control characters, line breaks and directional marks written as `\u{…}`: nobody can forge lines of an alert with
 * them, or turn its text around.
 */
export function visibleText(value: string, max: number): string {
  return shorten(
    value.replace(UNSAFE, (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`),
    max,
  )
}

/**
 * The one way to a terminal: the same characters written as JSON writes them, so that text cannot move the cursor, break
 * the line or turn it around, and a line of JSON stays the JSON that it is.
 *
 * @example
 * visibleLine('{"key":"a\u202eb"}') // the six characters \u202e in place of the mark
 */
export function visibleLine(line: string): string {
  return line.replace(UNSAFE, (mark) =>
    Array.from({ length: mark.length }, (_, unit) => `\\u${mark.charCodeAt(unit).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  )
}

/** Written so that no mail program makes a link of it: `[:]//`, `www[.]`, `[@]`. */
function unlinked(value: string): string {
  return value
    .replaceAll('://', '[:]//')
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}[.]`)
    .replaceAll('@', '[@]')
}

/**
 * What strangers write (object keys, user agents, names): as visibleText, and nothing that a mail program makes a link
 * of. The JSON has the values as they are.
 *
 * @example
 * safeText('a\nSEVERITY low https://example.com') // 'a\u{a}SEVERITY low https[:]//example.com'
 */
export function safeText(value: string, max = 200): string {
  return visibleText(unlinked(value), max)
}

/** SNS: "less than 100 characters" (API Reference, Publish, Subject). */
export const MAX_SUBJECT = 99

/**
 * A text as an SNS subject: printable ASCII, no line breaks, at most 99 characters, beginning with a letter, a digit or
 * a punctuation mark. Accents are dropped, other characters become `?`; what is too long ends in `...`. Nothing in it
 * becomes a link.
 *
 * @see SNS API Reference, Publish, "Subject"
 */
export function toSubject(value: string): string {
  const plain = value
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[\u2010-\u2015]/g, '-')
    .replaceAll('…', '...')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim()
  const ascii = unlinked(plain)
  if (ascii === '') return '?'
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3).trimEnd()}...`
}
