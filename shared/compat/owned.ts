import { parseDocument } from 'yaml'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import { parseInsightsQuery, QUERY_COMMANDS } from '../insights/parse.ts'

/** A filter pattern or a Logs Insights query that somebody owns. */
export interface Owned {
  readonly kind: 'pattern' | 'query'
  /** Its name in the file, or `line 3`. */
  readonly name: string
  readonly text: string
  readonly file: string
}

/** What a file holds; `problems` are what stands there and could not be read. */
export interface OwnedFile {
  readonly owned: readonly Owned[]
  readonly problems: readonly string[]
}

type Entry = Omit<Owned, 'file'>
interface Collected {
  readonly entries: Entry[]
  readonly problems: string[]
}

/**
 * Reads the filter patterns and Logs Insights queries of a file: `aws logs describe-metric-filters`,
 * `describe-subscription-filters` and `describe-query-definitions` output; a CloudFormation template with
 * AWS::Logs::MetricFilter, SubscriptionFilter or QueryDefinition; Terraform; a JSON or YAML list, or names with texts;
 * or one pattern or query a line, with `#` comments. Told by content, not by the file's name.
 *
 * Variables (`${AWS::AccountId}`, `${var.bucket}`) get an example value. What is no text at all (a reference to
 * elsewhere) is a problem, never passed over.
 *
 * @example readOwned('{ $.eventName = "StopLogging" }\n', 'patterns.txt').owned // [{ kind: 'pattern', name: 'line 1', … }]
 */
export function readOwned(text: string, file: string): OwnedFile {
  const collected = readEntries(text.replace(/^\ufeff/, ''))
  return { owned: collected.entries.map((entry) => ({ ...entry, file })), problems: collected.problems }
}

function readEntries(text: string): Collected {
  if (TERRAFORM.test(text)) return readTerraform(text)
  const collected: Collected = { entries: [], problems: [] }
  const value = parseStructure(text)
  if (value === undefined) return readLines(text)
  collect(value, '', collected)
  return collected
}

const TERRAFORM = /^\s*(?:(?:resource|data|module|variable)\s+"[\w-]+"[^\n]*|locals\s*)\{/m

/** JSON or YAML that is a list or an object; one pattern a line is neither, though a pattern has braces. */
function parseStructure(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    // No JSON: YAML, perhaps.
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  if (!/^(?:---|-\s|[\w.'"-]+\s*:(?:\s|$))/.test(lines[0] ?? '')) return undefined
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) return undefined
  const value: unknown = document.toJS()
  return typeof value === 'object' && value !== null ? value : undefined
}

function readLines(text: string): Collected {
  const found: { readonly name: string; text: string }[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const last = found.at(-1)
    // A query goes on with its next command; no pattern begins with a bar, or ends with one.
    if (last !== undefined && (trimmed.startsWith('|') || last.text.endsWith('|'))) last.text += ` ${trimmed}`
    else found.push({ name: `line ${index + 1}`, text: trimmed })
  }
  return { entries: found.map((one) => ({ kind: kindOf(one.text), ...one })), problems: [] }
}

const COMMANDS = `(?:${QUERY_COMMANDS.join('|')})`
const BEGINS_AS_QUERY = new RegExp(`^\\s*${COMMANDS}\\s`, 'i')
/** What a pattern begins with that is no list of plain words. */
const BEGINS_AS_PATTERN = /^\s*[{["%?-]/

/** A query that cannot be run here is one all the same: no pattern has a bar outside of quotes. */
function kindOf(text: string): Owned['kind'] {
  if (BEGINS_AS_PATTERN.test(text)) return 'pattern'
  const begins = BEGINS_AS_QUERY.test(text)
  if (begins && parseInsightsQuery(text).ok) return 'query'
  if (parseFilterPattern(text).ok) return 'pattern'
  return begins || /\|\s*[a-z]/i.test(text) ? 'query' : 'pattern'
}

const PATTERN_KEYS = ['filterPattern', 'FilterPattern', 'filter_pattern', 'pattern']
const QUERY_KEYS = ['queryString', 'QueryString', 'query_string', 'query']
const NAME_KEYS = ['filterName', 'FilterName', 'name', 'Name', 'id', 'title']

/** Walks a parsed file; `path` names what has no name of its own. */
function collect(value: unknown, path: string, into: Collected): void {
  if (typeof value === 'string') {
    into.entries.push({ kind: kindOf(value), name: path, text: value })
    return
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, path === '' ? `item ${index + 1}` : path, into)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const object = value as Readonly<Record<string, unknown>>
  const resources = object.Resources
  if (typeof resources === 'object' && resources !== null) {
    collectTemplate(resources, into)
    return
  }
  if (collectObject(object, nameOf(object) ?? path, into)) return
  const members = Object.entries(object)
  // Names with texts, or a list under one name (`metricFilters`).
  const texts = members.every(([, member]) => typeof member === 'string')
  for (const [key, member] of members) if (texts || typeof member === 'object') collect(member, key, into)
}

function nameOf(object: Readonly<Record<string, unknown>>): string | undefined {
  return NAME_KEYS.map((key) => object[key]).find((candidate) => typeof candidate === 'string')
}

function collectTemplate(resources: object, into: Collected): void {
  for (const [id, resource] of Object.entries(resources)) {
    const { Type, Properties } = (resource ?? {}) as { readonly Type?: unknown; readonly Properties?: unknown }
    if (!/^AWS::Logs::(?:MetricFilter|SubscriptionFilter|QueryDefinition)$/.test(String(Type))) continue
    const properties = (Properties ?? {}) as Readonly<Record<string, unknown>>
    const found = collectObject(properties, nameOf(properties) ?? id, into)
    if (!found) into.problems.push(`${id}: the ${String(Type)} has neither FilterPattern nor QueryString.`)
  }
}

/** Whether the object is a filter or a query. */
function collectObject(object: Readonly<Record<string, unknown>>, name: string, into: Collected): boolean {
  const keys = [...PATTERN_KEYS, ...QUERY_KEYS].filter((key) => object[key] !== undefined)
  const language = object.queryLanguage ?? object.QueryLanguage
  for (const key of keys) {
    const text = literal(object[key])
    if (text === undefined) into.problems.push(`${name}: ${key} is no text.`)
    else if (typeof language === 'string' && language !== 'CWLI') into.problems.push(`${name}: a query in ${language}.`)
    else into.entries.push({ kind: PATTERN_KEYS.includes(key) ? 'pattern' : 'query', name, text })
  }
  return keys.length > 0
}

/** A text, or the text inside of Fn::Sub; variables get example values. */
function literal(value: unknown): string | undefined {
  if (typeof value === 'string') return withExamples(value)
  const sub = (value as { readonly 'Fn::Sub'?: unknown } | null)?.['Fn::Sub']
  return typeof sub === 'string' ? withExamples(sub) : undefined
}

function withExamples(text: string): string {
  return text
    .replace(/\$\{AWS::AccountId\}/g, '111122223333')
    .replace(/\$\{AWS::Region\}/g, 'us-east-1')
    .replace(/\$\{[^}]*\}/g, 'example')
}

const ATTRIBUTE =
  /(?<=^|[\s{,])(pattern|filter_pattern|query_string)\s*=\s*(?:"((?:\\.|[^"\\])*)"|<<-?\s*(\w+)\r?\n([\s\S]*?)\r?\n[ \t]*\3\b|([^\n]+))/g
const HEADER = /resource\s+"[\w-]+"\s+"([\w-]+)"|(?<=^|\n)\s*"?([\w-]+)"?\s*[:=]?\s*\{/g

/** Attributes of Terraform blocks, named after the block they stand in. */
function readTerraform(text: string): Collected {
  const collected: Collected = { entries: [], problems: [] }
  const code = text.replace(/^[ \t]*(?:#|\/\/).*$/gm, '')
  const headers = [...code.matchAll(HEADER)]
  for (const match of code.matchAll(ATTRIBUTE)) {
    const [, attribute, quoted, , heredoc] = match
    const header = headers.findLast(({ index }) => index < match.index)
    const name = header?.[1] ?? header?.[2] ?? String(attribute)
    const value = quoted === undefined ? heredoc : unquote(quoted)
    if (value === undefined) collected.problems.push(`${name}: ${attribute} is no text but ${match[5]!.trim()}.`)
    else {
      const kind = attribute === 'query_string' ? 'query' : 'pattern'
      collected.entries.push({ kind, name, text: withExamples(value.trim()) })
    }
  }
  return collected
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 't' ? '\t' : character,
  )
}
