/**
 * Adds to a settings file, and changes nothing else in it: every line that people have written stays as it is, with its
 * comments, quotes and blank lines. The YAML library says where to add; what is added is read again.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument, stringify } from 'yaml'
import { visibleText } from '../alert/safe-text.ts'
import { isObject } from '../basics/is-object.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { Remarks } from './compare.ts'
import { OUR_KEYS, type OurKey } from './facts.ts'
import type { Item } from './ours.ts'

type Added = ReadonlyMap<OurKey, readonly Item[]>

/** Longer than any label of ours. UTF-16 units. */
const MAX_LABEL = 300
const HEADING = '# Read from AWS by `bucketwatch doctor --facts`.'

/**
 * The text of a settings file with further values; they are taken to be missing. Each gets its label as a comment, where
 * the list is one line for each value. A file that is JSON stays JSON, which has no comments.
 *
 * @param text a settings file without problems (parseSettings); may be empty
 * @throws BucketwatchError SETTINGS_INVALID where the file is written in a way that leaves no place to add to.
 * @example
 * addToSettings('', new Map([['vpcs', [{ value: 'vpc-0123456789abcdef0', label: 'prod' }]]]))
 */
export function addToSettings(text: string, added: Added): string {
  if (added.size === 0) return text
  const json = readJson(text)
  if (json !== undefined) return `${JSON.stringify(merged(json, added), null, jsonIndent(text))}\n`
  const lines = text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text
  const result = addToYaml(lines, added)
  const before: unknown = parse(lines).toJS() ?? {}
  if (!isDeepStrictEqual(parse(result).toJS(), merged(before as Record<string, unknown>, added)))
    throw new BucketwatchError('SETTINGS_INVALID', 'The file is written in a way that nothing can be added to.', {
      problems: ['Add the lines by hand that `bucketwatch doctor --facts` prints.'],
    })
  return lines === text ? result : result.replaceAll('\n', '\r\n')
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text)
    return isObject(content) ? content : undefined
  } catch {
    return undefined
  }
}

const jsonIndent = (text: string): string | number => /\n([ \t]+)\S/.exec(text)?.[1] ?? 2

/** The content that there is to be. */
function merged(content: Readonly<Record<string, unknown>>, added: Added): Record<string, unknown> {
  const result = { ...content }
  for (const [key, items] of added) {
    const values = items.map(({ value }) => value)
    const before = content[key]
    result[key] = key === 'account' ? values[0] : [...(Array.isArray(before) ? before : []), ...values]
  }
  return result
}

const parse = (text: string): Document =>
  parseDocument(text, { version: '1.2', schema: 'core', logLevel: 'error', uniqueKeys: false })

/** Text that goes in at a place, in the place of some characters. */
interface Edit {
  readonly at: number
  readonly remove?: number
  readonly text: string
}

/** A key that is there, and what it has. */
interface Place {
  readonly name: Node
  readonly value: Node | undefined
  readonly document: Document
  /** In a mapping that is written in braces. */
  readonly inLine: boolean
}

function addToYaml(text: string, added: Added): string {
  const document = parse(text)
  const map = isMap(document.contents) ? document.contents : undefined
  const style = styleOf(text)
  const edits: Edit[] = []
  const fresh: [OurKey, readonly Item[]][] = []
  for (const [key, items] of added) {
    const pair = map?.items.find((one) => isScalar(one.key) && one.key.value === key)
    if (pair === undefined || !isNode(pair.key)) fresh.push([key, items])
    else {
      const value = isNode(pair.value) ? pair.value : undefined
      edits.push(...addToKey(style, key, items, { name: pair.key, value, document, inLine: map?.flow === true }))
    }
  }
  const last = map?.items.at(-1)
  if (fresh.length > 0 && map?.flow === true && last !== undefined) {
    const end = endOf(isNode(last.value) ? last.value : (last.key as Node))
    edits.push({ at: end, text: fresh.map(([key, items]) => `, ${key}: ${flowOf(style, key, items)}`).join('') })
  } else if (fresh.length > 0) {
    // An empty mapping makes room for one with a line for each key.
    if (map?.flow === true) edits.push({ at: startOf(map), remove: endOf(map) - startOf(map), text: '' })
    const [first] = map?.items ?? []
    const indent = first !== undefined && isNode(first.key) ? columnOf(text, startOf(first.key)) : ''
    edits.push(addAtEnd(style, fresh, indent))
  }
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce((done, { at, remove = 0, text: put }) => done.slice(0, at) + put + done.slice(at + remove), text)
}

const startOf = (node: Node): number => node.range?.[0] ?? 0
const endOf = (node: Node): number => node.range?.[1] ?? 0

/** The blanks before a place, where there is nothing else on its line. */
const columnOf = (text: string, at: number): string =>
  /^[ ]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? ''

/** How a file writes, so that what is added is written so too. */
interface Style {
  readonly text: string
  readonly singleQuote: boolean
  /** What the lines of a list are further in than its key. */
  readonly listIndent: string
}

function styleOf(text: string): Style {
  const step = /\n( +)[^\s#-]/.exec(text)?.[1]?.length ?? 2
  const isFlush = /^\w+:[^\n]*\n(?: *#[^\n]*\n)*- /m.test(text)
  return { text, singleQuote: !/[-:[,]\s*"\d/.test(text), listIndent: isFlush ? '' : ' '.repeat(Math.max(2, step)) }
}

const quoted = ({ singleQuote }: Style, value: string): string =>
  stringify(value, { singleQuote, lineWidth: 0 }).trimEnd()

/** A line for each value, behind the line before. */
function blockOf(style: Style, items: readonly Item[], indent: string): string {
  return items
    .map(({ value, label }) => {
      // Whoever may write a tag must not write lines of the settings.
      const remark = visibleText(label, MAX_LABEL).trim()
      return `\n${indent}- ${quoted(style, value)}${remark === '' ? '' : ` # ${remark}`}`
    })
    .join('')
}

/** All values in one line. */
function flowOf(style: Style, key: OurKey, items: readonly Item[]): string {
  const values = items.map(({ value }) => quoted(style, value))
  return key === 'account' ? values.join('') : `[${values.join(', ')}]`
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

/** Values for a key that is there. */
function addToKey(style: Style, key: OurKey, items: readonly Item[], place: Place): Edit[] {
  const { text } = style
  const { name, value } = place
  const isEmpty = !isSeq(value) || value.items.length === 0
  if (key === 'account' || isAlias(value) || (place.inLine && isEmpty)) return replaceValue(style, key, items, place)
  if (isSeq(value) && !isEmpty) {
    const last = value.items.at(-1) as Node
    if (value.flow === true)
      return [{ at: endOf(last), text: items.map((item) => `, ${quoted(style, item.value)}`).join('') }]
    const indent = columnOf(text, startOf(value.items[0] as Node))
    return [{ at: lineEnd(text, endOf(last)), text: blockOf(style, items, indent) }]
  }
  // In the place of `[]`, the lines of a list come below.
  const end = value === undefined ? endOf(name) : endOf(value)
  const isWritten = value !== undefined && startOf(value) < end
  const written = isWritten ? text.slice(text.lastIndexOf(':', startOf(value)) + 1, end) : ''
  const indent = columnOf(text, startOf(name)) + style.listIndent
  return [
    ...(written === '' ? [] : [{ at: end - written.length, remove: written.length, text: '' }]),
    { at: lineEnd(text, end), text: blockOf(style, items, indent) },
  ]
}

function replaceValue(style: Style, key: OurKey, items: readonly Item[], { name, value, document }: Place): Edit[] {
  // What others point to is theirs as well: this key gets a list of its own.
  const shared = isAlias(value) ? value.resolve(document) : undefined
  const before = isSeq(shared) ? (shared.toJSON() as string[]).map((one) => ({ value: one, label: '' })) : []
  const at = value === undefined ? style.text.indexOf(':', endOf(name)) + 1 : startOf(value)
  const remove = value === undefined ? 0 : endOf(value) - at
  return [{ at, remove, text: `${remove === 0 ? ' ' : ''}${flowOf(style, key, [...before, ...items])}` }]
}

/** Keys that are not there yet, at the end of the file. */
function addAtEnd(style: Style, keys: readonly [OurKey, readonly Item[]][], indent: string): Edit {
  const { text } = style
  const marker = /(?:^|\n)\.\.\.\s*$/.exec(text)
  const at = marker === null ? text.length : marker.index + (marker[0].startsWith('\n') ? 1 : 0)
  const before = text.slice(0, at)
  const gap = before.trim() === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  const lines = keys.map(([key, items]) =>
    key === 'account'
      ? `${indent}account: ${flowOf(style, key, items)}`
      : `${indent}${key}:${blockOf(style, items, indent + style.listIndent)}`,
  )
  return { at, text: `${gap}${indent}${HEADING}\n${lines.join('\n')}\n` }
}

/**
 * What stands beside the values of a settings file: the comment behind each.
 *
 * @example
 * remarksOf('vpcs:\n  - vpc-0a # prod\n')('vpcs', 'vpc-0a') // ' prod'
 */
export function remarksOf(text: string): Remarks {
  const { contents } = parse(text)
  const remarks = new Map<string, string>()
  for (const key of OUR_KEYS) {
    const list = isMap(contents) ? contents.get(key, true) : undefined
    for (const item of isSeq(list) ? list.items : [])
      if (isScalar(item) && item.comment != null) remarks.set(`${key} ${String(item.value)}`, item.comment)
  }
  return (key, value) => remarks.get(`${key} ${value}`)
}
