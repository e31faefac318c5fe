/** Links into the AWS console: an alarm, Athena, and Logs Insights with a query filled in. */
import { type Expression, isCompound, type JsonCondition, type Literal, type Selector } from '../filter-pattern/ast.ts'
import { parseFilterPattern } from '../filter-pattern/parse.ts'
import type { Window } from './window.ts'

/** Where a console is: aws, "AWS Management Console" service endpoints of the partitions. Others have none we know. */
const CONSOLE_DOMAINS: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
}

/** A Region, and the partition it is in. */
export interface Place {
  readonly partition: string
  readonly region: string
}

function consoleOf(service: 'cloudwatch' | 'athena', { partition, region }: Place): string | undefined {
  const domain = CONSOLE_DOMAINS[partition]
  if (domain === undefined || !/^[a-z0-9-]+$/.test(region)) return undefined
  return `https://${region}.${domain}/${service}/home?region=${region}`
}

/** Whether the partition has a console that we know, and the Region is one. */
export const hasConsole = (place: Place): boolean => consoleOf('cloudwatch', place) !== undefined

/**
 * The console's page of an alarm; undefined where the partition's console is not known.
 *
 * @example
 * alarmUrl({ partition: 'aws', region: 'eu-central-1' }, 'bucketwatch-dev-s3-policy-public')
 */
export function alarmUrl(place: Place, alarmName: string): string | undefined {
  const console = consoleOf('cloudwatch', place)
  return console && `${console}#alarmsV2:alarm/${encodeURIComponent(alarmName)}`
}

/**
 * Athena's query editor. Its saved queries have no address of their own: the name of the link has to say which.
 *
 * @example
 * athenaUrl({ partition: 'aws', region: 'eu-central-1' })
 */
export function athenaUrl(place: Place): string | undefined {
  const console = consoleOf('athena', place)
  return console && `${console}#/query-editor`
}

/**
 * The console's Logs Insights page with a query, its log groups and its time filled in. The console keeps these in the
 * URL's fragment as JSURL (`~(key~'text~list~(~'a~'b))`, `*hh` for a character), percent-encoded, with `$` for `%`. The
 * marks `~ ' ( )` are encoded twice, as the console does itself, because mail programs end a link at a quote or a
 * parenthesis. AWS documents none of this; it is what the console writes.
 *
 * @example
 * logsInsightsUrl(place, { query: 'fields @message', logGroupNames: ['/bucketwatch/dev/cloudtrail'], window })
 */
export function logsInsightsUrl(
  place: Place,
  options: { readonly query: string; readonly logGroupNames: readonly string[]; readonly window: Window },
): string | undefined {
  const console = consoleOf('cloudwatch', place)
  if (console === undefined) return undefined
  const { query, logGroupNames, window } = options
  const detail = [
    `end~${jsUrlText(new Date(window.end).toISOString())}`,
    `start~${jsUrlText(new Date(window.start).toISOString())}`,
    `timeType~${jsUrlText('ABSOLUTE')}`,
    `tz~${jsUrlText('UTC')}`,
    `unit~${jsUrlText('seconds')}`,
    `editorString~${jsUrlText(query)}`,
    `source~(${logGroupNames.map((name) => `~${jsUrlText(name)}`).join('')})`,
  ].join('~')
  const encoded = `~(${detail})`.replace(/[~()']/g, (mark) => `$25${hex(mark.charCodeAt(0)).toUpperCase()}`)
  return `${console}#logsV2:logs-insights$3FqueryDetail$3D${encoded}`
}

/** A text in JSURL. */
function jsUrlText(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9_.-]/gs, (unit) => {
    const code = unit.charCodeAt(0)
    return code < 0x100 ? `*${hex(code)}` : `**${code.toString(16).padStart(4, '0')}`
  })
  return `'${escaped}`
}

const hex = (code: number): string => code.toString(16).padStart(2, '0')

const FIELDS =
  'fields @timestamp, eventTime, eventName, outcome, actor, userIdentity.arn, sourceIPAddress, requestParameters.bucketName, requestParameters.key'

/** A query for the records that pass `filter`; undefined: all. */
export function recordsQuery(filter: string | undefined): string {
  return [FIELDS, ...(filter === undefined ? [] : [`filter ${filter}`]), 'sort @timestamp desc', 'limit 1000'].join(
    '\n| ',
  )
}

/**
 * What somebody did, by the `actor` field or, where a lean access-log record leaves that out, by what it stands for.
 *
 * @param actors as in the field: a role's ARN without a session, a user's ARN, a service, a canonical id.
 */
export function actedBy(actors: readonly string[]): string {
  const sessions = actors.flatMap((actor) =>
    actor.includes(':assumed-role/') ? [`userIdentity.arn like ${quoted(`${actor}/`)}`] : [],
  )
  const others = actors.filter((actor) => !actor.includes(':assumed-role/'))
  const arns = others.filter((actor) => actor.startsWith('arn:'))
  const ids = others.filter((actor) => /^[0-9a-f]{64}$/.test(actor))
  return [
    oneOf('actor', actors),
    ...(arns.length === 0 ? [] : [oneOf('userIdentity.arn', arns)]),
    ...(ids.length === 0 ? [] : [oneOf('userIdentity.principalId', ids)]),
    ...sessions,
  ].join(' or ')
}

/** `field in ["a", "b"]`. */
export function oneOf(field: string, values: readonly string[]): string {
  return `${field} in [${values.map(quoted).join(', ')}]`
}

/**
 * A filter pattern as a Logs Insights filter that finds all that the pattern matches, and where the two languages differ
 * (wildcards in selectors, IS NULL) a little more. Undefined where nothing of it can be said.
 *
 * Sources: CloudWatch Logs guide, "CloudWatch Logs Insights query syntax: filter"; "Supported logs and discovered
 * fields" (JSON true and false are 1 and 0; a[0].b is `a.0.b`).
 *
 * @example
 * insightsFilter('{ $.anonymous IS TRUE && $.outcome = "success" }') // 'anonymous = 1 and outcome = "success"'
 */
export function insightsFilter(pattern: string): string | undefined {
  const parsed = parseFilterPattern(pattern)
  if (!parsed.ok) return undefined
  const { pattern: ast } = parsed
  if (ast.kind === 'json') return jsonFilter(ast.expression, false)
  if (ast.kind !== 'terms') return undefined
  const say = (term: (typeof ast.terms)[number], not = '') =>
    `@message ${not}like ${term.match.type === 'regex' ? regex(term.match.source) : quoted(term.match.text)}`
  const required = ast.terms.filter(({ mode }) => mode !== 'optional')
  // Beside a required term, optional ones are ignored (CloudWatch Logs guide).
  if (required.length === 0) return ast.terms.map((term) => say(term)).join(' or ')
  return required.map((term) => say(term, term.mode === 'exclude' ? 'not ' : '')).join(' and ')
}

function jsonFilter(node: Expression<JsonCondition>, nested: boolean): string | undefined {
  if (!isCompound(node)) return condition(node)
  const operands = node.operands.map((operand) => jsonFilter(operand, true))
  const said = operands.filter((operand) => operand !== undefined)
  // Of an "and", what can be said is a wider filter; of an "or", it would be a narrower one.
  if (said.length === 0 || (node.type === 'or' && said.length < operands.length)) return undefined
  if (said.length === 1) return said[0]
  const joined = said.join(` ${node.type} `)
  return nested ? `(${joined})` : joined
}

function condition(node: JsonCondition): string | undefined {
  const field = fieldOf(node.selector)
  if (field === undefined) return undefined
  if (node.type === 'notExists') return `not ispresent(${field})`
  if (node.type === 'is') return node.value === 'NULL' ? undefined : `${field} = ${node.value === 'TRUE' ? 1 : 0}`
  const { operator, literal } = node
  const pattern = patternOf(literal)
  if (operator === '=') {
    if (pattern === '') return `ispresent(${field})`
    return pattern === undefined ? `${field} = ${literalOf(literal)}` : `${field} like ${pattern}`
  }
  if (operator === '!=') {
    // Nothing is unequal to everything.
    if (pattern === '') return undefined
    const unequal = pattern === undefined ? `${field} != ${literalOf(literal)}` : `${field} not like ${pattern}`
    return `(ispresent(${field}) and ${unequal})`
  }
  return `${field} ${operator} ${literalOf(literal)}`
}

function fieldOf({ segments }: Selector): string | undefined {
  const names: string[] = []
  for (const segment of segments) {
    if (segment.type === 'wildcard') return undefined
    names.push(segment.type === 'name' ? segment.name : String(segment.index))
  }
  const path = names.join('.')
  if (/[`\n]/.test(path)) return undefined
  return names.every((name, index) => (index === 0 ? /^[A-Za-z_]\w*$/ : /^\w+$/).test(name)) ? path : `\`${path}\``
}

/** The regular expression that a literal stands for; '' for "anything"; undefined for a plain value. */
function patternOf(literal: Literal): string | undefined {
  if (literal.type === 'regex') return regex(literal.source)
  if (literal.type !== 'string' || !literal.value.includes('*')) return undefined
  if (/^\*+$/.test(literal.value)) return ''
  const escaped = literal.value.replace(/[\\^$.|?+()[\]{}/]/g, '\\$&').replace(/\*+/g, '.*')
  return `/^${escaped}$/`.replace('/^.*', '/').replace(/\.\*\$\/$/, '/')
}

function literalOf(literal: Exclude<Literal, { type: 'regex' }> | Literal): string {
  if (literal.type === 'number') return literal.text.replace(/^\+/, '')
  return quoted(literal.type === 'string' ? literal.value : literal.source)
}

const regex = (source: string): string => `/${source.replace(/(?<!\\)\//g, '\\/')}/`
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`
