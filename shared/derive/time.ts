const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)$/i
/** A timestamp as Athena and CloudTrail Lake write it: always UTC. */
const SQL_TIMESTAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?$/

/**
 * Reads an ISO 8601 time with seconds and zone, as CloudTrail writes its eventTime, or a timestamp as Athena and CloudTrail
 * Lake export it ("2025-01-21 17:49:47.000", UTC); milliseconds since the epoch.
 * Undefined for everything else: a lenient reading ("1" is a year to Date.parse) would put a record decades away.
 *
 * @see CloudTrail record contents (eventTime)
 * @example
 * parseIsoTime('2026-06-10T08:12:31Z') // 1781079151000
 */
export function parseIsoTime(text: string): number | undefined {
  // CloudTrail's own form, "2026-06-10T08:12:31Z", on the day of the record before: nothing but the clock to read.
  if (text.length === 20 && text.startsWith(lastDay) && lastDay !== '') {
    const time = clock(text)
    if (time >= 0) return lastMidnight + time
  }
  const match = ISO_8601.exec(SQL_TIMESTAMP.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(midnight)
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined
  lastDay = text.slice(0, 10)
  lastMidnight = midnight
  const milliseconds = fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'))
  const time = midnight + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000 + milliseconds
  return zone === 'Z' || zone === 'z' ? time : time - zoneOffset(zone)
}

let lastDay = ''
let lastMidnight = 0

/** Milliseconds since midnight of "…Thh:mm:ssZ" in a text of 20 characters; -1 where it is something else. */
function clock(text: string): number {
  if (text[10] !== 'T' || text[13] !== ':' || text[16] !== ':' || text[19] !== 'Z') return -1
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1
  return ((hour * 60 + minute) * 60 + second) * 1000
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

function zoneOffset(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)) * (zone.length > 3 ? 1 : 0)
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
