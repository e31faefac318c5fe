import { detach } from '../derive/detach.ts'
import { DASH, SPACE } from './scan.ts'

const SLASH = 47
const COLON = 58

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'

function digits(line: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = line.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** The value of two digits; 99 where they are none. */
function two(line: string, at: number): number {
  const a = line.charCodeAt(at) - 48
  const b = line.charCodeAt(at + 1) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : 99
}

/** A day in ms since the epoch and as `yyyy-mm-ddT`; undefined where there is no such day. */
function dayOf(text: string): { ms: number; iso: string } | undefined {
  // dd/Mon/yyyy
  if (text.length !== 11 || text.charCodeAt(2) !== SLASH || text.charCodeAt(6) !== SLASH) return undefined
  const month = MONTHS.indexOf(text.slice(3, 6).toLowerCase())
  const ms = Date.UTC(digits(text, 7, 4), month / 3, digits(text, 0, 2))
  if (month < 0 || month % 3 !== 0 || Number.isNaN(ms)) return undefined
  const iso = new Date(ms).toISOString().slice(0, 11)
  // Date.UTC takes 31 February and the year 19 as well.
  return iso.slice(8, 10) === text.slice(0, 2) && iso.slice(0, 4) === text.slice(7) ? { ms, iso } : undefined
}

/** The ISO text of a time, without milliseconds where there are none. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

// Neighbouring lines share their day.
let lastDay = ''
let lastDayMs = 0
let lastDayIso = ''

/** The text that `time` was read from: neighbouring lines share their second, too. */
let lastText = ''

/** What readTime has read: ms since the epoch, and ISO 8601 in UTC. */
export const time = { ms: 0, iso: '' }

/** Reads `dd/Mon/yyyy:HH:MM:SS +0000` from `at` on into `time`; false where there is none. */
export function readTime(line: string, at: number, end: number): boolean {
  if (end - at !== 26) return false
  if (lastText !== '' && line.startsWith(lastText, at)) return true
  lastText = ''
  if (line.charCodeAt(at + 11) !== COLON || line.charCodeAt(at + 14) !== COLON || line.charCodeAt(at + 17) !== COLON) {
    return false
  }
  if (lastDay === '' || !line.startsWith(lastDay, at)) {
    const text = line.slice(at, at + 11)
    const day = dayOf(text)
    if (day === undefined) return false
    lastDay = detach(text)
    lastDayMs = day.ms
    lastDayIso = day.iso
  }
  const hour = two(line, at + 12)
  const minute = two(line, at + 15)
  const second = two(line, at + 18)
  if (hour > 23 || minute > 59 || second > 60 || line.charCodeAt(at + 20) !== SPACE) return false
  const local = lastDayMs + ((hour * 60 + minute) * 60 + second) * 1000
  const utc = line.startsWith('+0000', at + 21)
  if (utc && second < 60) time.iso = `${lastDayIso}${line.slice(at + 12, at + 20)}Z`
  const sign = line.charCodeAt(at + 21) === 43 ? 1 : line.charCodeAt(at + 21) === DASH ? -1 : Number.NaN
  const ms = utc ? local : local - sign * (digits(line, at + 22, 2) * 60 + digits(line, at + 24, 2)) * 60_000
  if (Number.isNaN(ms)) return false
  if (!utc || second === 60) time.iso = isoTime(ms)
  time.ms = ms
  // Copies, since slices would keep the whole line alive.
  time.iso = detach(time.iso)
  lastText = detach(line.slice(at, end))
  return true
}
