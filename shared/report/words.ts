/** Sizes, times and names as a report writes them. Times are UTC. */

import { count } from '../basics/numbers.ts'

/** Decimal units, as on the bill: `1.3 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`
  let rest = value
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    rest /= 1000
    if (rest < 999.5 || unit === 'TB') return `${rest < 9.95 ? rest.toFixed(1) : count(Math.round(rest))} ${unit}`
  }
  return `${value} B`
}

/** `42 s`, `5 min`, `3 h 10 min`, `12 d`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${count(Math.floor(hours / 24))} d`
}

/** A share of 0 to 1 in per cent; what is there is never told as nothing. */
export function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.1) return '< 0.1 %'
  return `${value < 10 && value > 0 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} %`
}

const isoOf = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString() : '')

/** `2026-03-17`. */
export const day = (time: number): string => isoOf(time).slice(0, 10)
/** `07:12`. */
export const clock = (time: number): string => isoOf(time).slice(11, 16)
/** `2026-03-17 07:12:05`. */
export const moment = (time: number): string => isoOf(time).slice(0, 19).replace('T', ' ')

/**
 * From when to when: of one day its name once.
 *
 * @example
 * span(Date.parse('2026-03-17T07:12Z'), Date.parse('2026-03-17T09:03Z')) // '2026-03-17 07:12–09:03'
 */
export function span(first: number, last: number): string {
  if (day(first) === day(last))
    return `${day(first)} ${clock(first)}${clock(first) === clock(last) ? '' : `–${clock(last)}`}`
  return `${day(first)} ${clock(first)} – ${day(last)} ${clock(last)}`
}
