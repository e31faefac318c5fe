/** What a search has found, on the terminal: a table, a count, or JSON lines, and one line that sums it up. */
import { type CountedValue, type CountField, type Counts, createCounter, createKeeper } from '../shared/search/count.ts'
import type { Facets, FoundFacts } from '../shared/search/facets.ts'
import { timeFormat } from './alert-screen.ts'
import type { Io } from './io.ts'
import { bytes, clip, count, type Paint, plural, table } from './render.ts'

export interface SearchOutput {
  found(facets: Facets): Promise<void> | undefined
  /** @param looked what was looked at, for the last line. */
  end(looked: string): Promise<void>
}

/** What the last line names of each. */
const SUMMARY = { actor: 'by', ip: 'from', bucket: 'on', call: '' } as const satisfies Partial<
  Record<CountField, string>
>
const NAMED = 3

/** Takes what was found; bounded, however much that is. */
export function createSearchOutput(
  options: {
    readonly field: CountField | undefined
    /** Lines; undefined: all, as they come. */
    readonly limit: number | undefined
    readonly newest: boolean
    readonly json: boolean
    readonly paint: Paint
  },
  io: Io,
): SearchOutput {
  const { field, limit, newest, json, paint } = options
  const summaries = Object.entries(SUMMARY).map(([name, word]) => ({
    word,
    counter: createCounter(name as CountField),
  }))
  const sources = createCounter('source')
  const counter = field === undefined ? undefined : createCounter(field)
  const keeper =
    counter === undefined && limit !== undefined ? createKeeper(limit, newest ? 'last' : 'first') : undefined
  const messages = new WeakMap<FoundFacts, string>()
  let total = 0

  async function printRows(rows: readonly FoundFacts[]): Promise<void> {
    if (json) for (const row of rows) await io.out(messages.get(row)!)
    else for (const line of rowLines(rows)) await io.out(io.outIsTerminal ? clip(line, io.width) : line)
    if (rows.length < total && limit !== 0)
      io.err(`Shown: the ${newest ? 'last' : 'first'} ${count(rows.length)} of ${count(total)}; --limit N shows more.`)
  }

  async function printCounts(by: CountField, { values, all, missed }: Counts): Promise<void> {
    const shown = values.slice(0, limit)
    const without = total - (all?.count ?? 0)
    if (json) for (const value of shown) await io.out(JSON.stringify(missed > 0 ? { ...value, missed } : value))
    else for (const line of countLines(by, shown)) await io.out(io.outIsTerminal ? clip(line, io.width) : line)
    if (shown.length < values.length && limit !== 0)
      io.err(`Shown: the most frequent ${count(shown.length)} of ${count(values.length)}; --limit N shows more.`)
    if (without > 0) io.err(`${plural(without, 'record')} found ${without === 1 ? 'has' : 'have'} no ${by}.`)
    if (missed > 0) io.err(`There are too many values to follow: each count may be too small by ${count(missed)}.`)
  }

  return {
    found(facets) {
      const facts = facets.facts()
      total += 1
      for (const one of summaries) one.counter.add(facts)
      sources.add(facts)
      counter?.add(facts)
      if (counter !== undefined) return undefined
      if (keeper === undefined) return io.out(facets.message)
      if (json) messages.set(facts, facets.message)
      keeper.add(facts)
      return undefined
    },
    async end(looked) {
      if (counter !== undefined) await printCounts(field!, counter.result())
      else if (keeper !== undefined) await printRows(limit === 0 ? [] : keeper.result())
      const lines = total === 0 ? [`No record was found; ${looked}.`] : summaryLines(looked)
      for (const line of lines) {
        if (json) io.err(line)
        else await io.out(line)
      }
    },
  }

  function summaryLines(looked: string): string[] {
    const { all, values: logs } = sources.result()
    const parts = summaries.flatMap(({ word, counter: one }) => {
      const named = naming(one.result())
      return named === '' ? [] : [word === '' ? named : `${word} ${named}`]
    })
    const more =
      all === undefined
        ? []
        : [...(all.failures > 0 ? [`${count(all.failures)} failed`] : []), ...(all.bytes > 0 ? [bytes(all.bytes)] : [])]
    const span = all === undefined ? '' : ` ${spanOf(all.first, all.last)}`
    return [
      ...(json ? [] : ['']),
      paint('bold', `${plural(total, 'record')}${span}: ${[...parts, ...more].join(' · ')}`),
      `${looked}${logs.length > 1 ? '; a request that both logs tell of counts twice (--source takes one)' : ''}`,
    ]
  }
}

function spanOf(first: string, last: string): string {
  const { say, day } = timeFormat([Date.parse(first), Date.parse(last)])
  const [from, to] = [say(Date.parse(first)), say(Date.parse(last))]
  return `${day === '' ? '' : `${day} `}${from === to ? from : `${from}–${to}`}${day === '' ? '' : ' UTC'}`
}

/** `alice (12), bob (3) and 2 more`. */
function naming({ values }: Counts): string {
  const named = values.slice(0, NAMED).map(({ value, count: n }) => `${nameOf(value)} (${count(n)})`)
  const rest = values.length - named.length
  return rest > 0 ? `${named.join(', ')} and ${count(rest)} more` : named.join(', ')
}

/** Of an ARN what tells it from others. */
const nameOf = (value: string): string => (value.startsWith('arn:') ? (/[^:]*$/.exec(value)?.[0] ?? value) : value)

function countLines(field: CountField, values: readonly CountedValue[]): string[] {
  if (values.length === 0) return []
  const { say, day } = timeFormat(values.flatMap(({ first, last }) => [Date.parse(first), Date.parse(last)]))
  const heads = ['records', 'failed', 'bytes', `first${day === '' ? '' : ` (${day})`}`, 'last', field]
  const rows = values.map((one) => [
    count(one.count),
    one.failures === 0 ? '' : count(one.failures),
    one.bytes === 0 ? '' : bytes(one.bytes),
    say(Date.parse(one.first)),
    say(Date.parse(one.last)),
    one.value,
  ])
  return table([heads, ...rows])
}

function rowLines(rows: readonly FoundFacts[]): string[] {
  if (rows.length === 0) return []
  const lines = rows.map((row) => [
    row.time.replace(/\.000Z$/, 'Z'),
    nameOf(row.person ?? row.actor ?? ''),
    row.sourceIPAddress ?? '',
    `${row.eventName ?? ''}${row.errorCode === undefined ? '' : ` (${row.errorCode})`}`,
    [row.bucket, row.key].filter((part) => part !== undefined).join('/'),
    [row.detail, row.note].filter((part) => part !== undefined).join('; '),
  ])
  return table([['time', 'who', 'from', 'did', 'on', 'detail'], ...lines])
}
