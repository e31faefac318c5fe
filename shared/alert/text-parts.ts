/** Parts of the texts that people get: findings and alerts are written with the same. */
import { count, plural } from '../basics/numbers.ts'
import { actorName } from '../incident/actor-name.ts'
import { shorten } from '../incident/facts.ts'
import { safeText, visibleText } from './safe-text.ts'

/** A value, and its kind where that is known: an actor's type, an address's class. */
export interface Named {
  readonly value: string
  readonly type?: string | undefined
}

export function section(heading: string, lines: readonly (string | undefined)[]): string | undefined {
  const said = lines.filter((line) => line !== undefined && line !== '')
  return said.length === 0 ? undefined : [heading, ...said].join('\n')
}

/** Rule texts are ours, but may have been written over several lines. */
const paragraphs = (text: string): string[] => text.split('\n').map((line) => visibleText(line, 2000))
const indented = (mark: string, text: string): string[] =>
  paragraphs(text).map((line, index) => (index === 0 ? mark : ' '.repeat(mark.length)) + line)
export const list = (before: string, values: readonly string[]): string =>
  values.length === 0 ? '' : before + values.join(', ')

export const time = (iso: string): string =>
  safeText(iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC'), 40)

export function duration(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000))
  if (minutes < 120) return plural(minutes, 'minute')
  return `${plural(Math.floor(minutes / 60), 'hour')}${minutes % 60 === 0 ? '' : ` ${plural(minutes % 60, 'minute')}`}`
}

/** `Account 111122223333, Region eu-central-1, stage prod`: what is not known is left out, as the Region is of a run on a laptop. */
export function whereabouts(account: string, region: string, stage: string): string {
  const known = [['Account', account] as const, ['Region', region] as const].filter(([, value]) => value !== '')
  return [
    ...known.map(([name, value]) => `${name} ${safeText(value)}`),
    `${known.length === 0 ? 'S' : 's'}tage ${stage}`,
  ].join(', ')
}

/** An amount in the metric's unit; bytes with a size that can be grasped. */
export function quantity(value: number, unit: string): string {
  if (unit === 'None' || unit === '') return count(value)
  const exact = `${count(value)} ${unit.toLowerCase()}`
  if (unit !== 'Bytes' || value < 1e6) return exact
  const [size, name] = value < 1e9 ? [1e6, 'MB'] : value < 1e12 ? [1e9, 'GB'] : [1e12, 'TB']
  return `${exact} (${count(Math.round((value / size) * 10) / 10)} ${name})`
}

export function describeActor(actor: Named): string {
  const name = safeText(actorName(actor))
  return name.endsWith(actor.value) || actor.type === undefined ? name : `${name} (${safeText(actor.value, 300)})`
}

export function describeAddress({ value, type }: Named): string {
  return type === undefined ? safeText(value) : `${safeText(value)} (${type})`
}

/** Lines of at most `width` characters, broken at spaces where there are some; what is past the last line is cut. */
export function wrap(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest !== '' && lines.length < maxLines) {
    if (rest.length <= width) {
      lines.push(rest)
      return lines
    }
    if (lines.length === maxLines - 1) {
      lines.push(shorten(rest, width))
      return lines
    }
    const space = rest.lastIndexOf(' ', width)
    const end = space > width / 2 ? space : width
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return lines
}

export function guidance(given: {
  /** Rule texts; may have several lines. */
  readonly why: readonly string[]
  readonly runbook: readonly string[]
  readonly falsePositives: readonly string[]
}): (string | undefined)[] {
  const { why, runbook, falsePositives } = given
  return [
    section('WHY IT MATTERS', why.flatMap(paragraphs)),
    section(
      'WHAT TO DO',
      runbook.flatMap((step, index) => indented(`${index + 1}. `, step)),
    ),
    section(
      'HARMLESS IF',
      falsePositives.flatMap((reason) => indented('- ', reason)),
    ),
  ]
}
