/**
 * A bucket's notification configuration, as the S3 API has it: read, compared, and never changed in place. Members that
 * we do not know are carried along.
 */
import { isObject } from '../basics/is-object.ts'
import { decodeS3Key } from '../notification/s3-key.ts'

export interface FilterRule {
  readonly Name?: string | undefined
  readonly Value?: string | undefined
}

/** One destination and what is sent there. The ARN's member depends on the section. */
export interface NotificationEntry {
  readonly Id?: string | undefined
  readonly Events?: readonly string[] | undefined
  readonly Filter?:
    | { readonly Key?: { readonly FilterRules?: readonly FilterRule[] | undefined } | undefined }
    | undefined
  readonly [member: string]: unknown
}

export interface NotificationConfiguration {
  readonly QueueConfigurations?: readonly NotificationEntry[] | undefined
  readonly TopicConfigurations?: readonly NotificationEntry[] | undefined
  readonly LambdaFunctionConfigurations?: readonly NotificationEntry[] | undefined
  readonly EventBridgeConfiguration?: object | undefined
  readonly [member: string]: unknown
}

/** The sections, and in which member each has its destination. */
export const SECTIONS = {
  QueueConfigurations: 'QueueArn',
  TopicConfigurations: 'TopicArn',
  LambdaFunctionConfigurations: 'LambdaFunctionArn',
} as const
export type Section = keyof typeof SECTIONS
export const SECTION_NAMES = Object.keys(SECTIONS) as Section[]

/** An entry and the section it is in. */
export interface LocatedEntry {
  readonly section: Section
  readonly entry: NotificationEntry
}

/** All entries, in the order of the sections. */
export function entriesOf(configuration: NotificationConfiguration): LocatedEntry[] {
  return SECTION_NAMES.flatMap((section) => (configuration[section] ?? []).map((entry) => ({ section, entry })))
}

/** The ARN that an entry sends to; empty where it has none. */
export function destinationOf({ section, entry }: LocatedEntry): string {
  const arn = entry[SECTIONS[section]]
  return typeof arn === 'string' ? arn : ''
}

/** What an entry's filter lets through, decoded; empty text is "anything". S3 writes the names in either case. */
export function filterOf(entry: NotificationEntry): { readonly prefix: string; readonly suffix: string } {
  const values = { prefix: '', suffix: '' }
  for (const { Name, Value } of entry.Filter?.Key?.FilterRules ?? []) {
    const name = Name?.toLowerCase()
    if (name === 'prefix' || name === 'suffix') values[name] = decodeS3Key(Value ?? '')
  }
  return values
}

/**
 * A prefix or suffix as S3 wants it in a filter: a space as `+`, other special characters as `%XX`.
 *
 * Source: Amazon S3 User Guide, "Configuring event notifications using object key name filtering".
 *
 * @example
 * encodeFilterValue('team a/logs@x/') // 'team+a/logs%40x/'
 */
export function encodeFilterValue(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll('%2F', '/').replaceAll('%20', '+').replaceAll('~', '%7E')
}

/**
 * A text that is the same for configurations (or entries) that mean the same: members, entries, events and rules in
 * any order, rule names in any case, empty sections and filters left out.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(canonicalValue(value))
}

function canonicalValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(canonicalValue(item))).sort()
  if (!isObject(value)) return value
  const members = Object.entries(value)
    .filter(([name, member]) => !isNothing(name, member))
    .map(([name, member]) => [
      name,
      name === 'Name' && typeof member === 'string' ? member.toLowerCase() : canonicalValue(member),
    ])
  return Object.fromEntries(members.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

/** `EventBridgeConfiguration: {}` is empty and means something; an empty section or filter does not. */
function isNothing(name: string, member: unknown): boolean {
  if (member === undefined || (Array.isArray(member) && member.length === 0)) return true
  if (name === 'Filter' || name === 'Key') {
    return isObject(member) && Object.entries(member).every(([inner, value]) => isNothing(inner, value))
  }
  return false
}

/**
 * Elements of a GetBucketNotificationConfiguration answer that the SDK does not know. It drops them when it reads, so
 * that writing back what it read would delete them.
 *
 * @param xml the answer's body
 * @example
 * unknownElements('<NotificationConfiguration><PagerConfiguration/></NotificationConfiguration>') // ['PagerConfiguration']
 */
export function unknownElements(xml: string): string[] {
  const unknown = new Set<string>()
  const path: string[] = []
  const markup = xml.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>/g, '')
  for (const [, closing, name = '', selfClosing] of markup.matchAll(
    /<(\/?)(?:[\w-]+:)?([\w.-]+)(?:\s(?:"[^"]*"|'[^']*'|[^>"'])*?)?(\/?)>/g,
  )) {
    if (closing === '/') {
      path.pop()
      continue
    }
    path.push(name)
    if (!ELEMENTS.test(path.join('/'))) unknown.add(path.slice(1).join('/') || name)
    if (selfClosing === '/') path.pop()
  }
  // Of an unknown element, what is inside it is no news.
  return [...unknown].filter((element) => ![...unknown].some((other) => element.startsWith(`${other}/`)))
}

/** Source: Amazon S3 API Reference, "GetBucketNotificationConfiguration", Response Syntax. */
const ELEMENTS = new RegExp(
  '^NotificationConfiguration(?:/EventBridgeConfiguration|' +
    '/(?:TopicConfiguration|QueueConfiguration|CloudFunctionConfiguration)' +
    '(?:/(?:Id|Event|Topic|Queue|CloudFunction|Filter(?:/S3Key(?:/FilterRule(?:/Name|/Value)?)?)?))?)?$',
)
