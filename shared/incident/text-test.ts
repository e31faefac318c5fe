/** What the text of a message says of a condition without being parsed. */
import type { JsonCondition } from '../filter-pattern/ast.ts'
import { holds, pathOf, type Verdict } from './known.ts'

/**
 * Texts that a message has where a condition's field is there, or where it holds. A message without them decides, unless
 * an escape hides them.
 */
export interface TextTest {
  /** Stands in each message in which the field is there; undefined: nothing of the kind is known. */
  readonly field: string | undefined
  /** What the condition says of a message without that. */
  readonly withoutField: Verdict
  /** Stands in each message of which the condition holds; undefined: nothing of the kind is known. */
  readonly value: string | undefined
}

/** One message, asked for texts. */
export interface Text {
  readonly message: string
  /** An escape may stand for a character of what is looked for: then only the parsed message can tell. */
  mayHide(): boolean
}

/** What a message says of a condition: yes, no, or it has to be parsed. */
export function ask({ field, withoutField, value }: TextTest, text: Text): Verdict {
  if (value !== undefined && !text.message.includes(value)) return text.mayHide() ? undefined : false
  if (field === undefined || withoutField === undefined || text.message.includes(field)) return undefined
  return text.mayHide() ? undefined : withoutField
}

/** Printable ASCII that JSON writes as it is; not a slash, which may be written with a backslash before it. */
const PLAIN = /^[ !#-.0-[\]-~]+$/
const PLAIN_PARTS = /[ !#-.0-[\]-~]+/g
/** A text of these may be that of a number. */
const NUMERIC = /^[0-9eE+.Infity-]*$/
/** A piece so long tells as much as the name of its field would. */
const LONG = 6

/**
 * Derives what a message must hold. Records are one line of JSON without white space.
 *
 * @example
 * textTestOf(condition) // of $.requestParameters.key = "*.js": { value: '.js"', … }
 */
export function textTestOf(condition: JsonCondition): TextTest {
  const { segments } = condition.selector
  const last = segments.at(-1)
  const name = last?.type === 'name' && PLAIN.test(last.name) ? `"${last.name}":` : undefined
  const field = name === undefined ? undefined : name.slice(1)
  // `!=` with a wildcard holds where nothing stands behind the wildcard.
  const isNone = condition.type === 'comparison' && condition.operator === '!='
  const isVague = isNone && segments.some(({ type }) => type === 'wildcard')
  const withoutField =
    field === undefined || isVague
      ? undefined
      : pathOf(condition) === undefined
        ? bare(condition)
        : holds(condition, undefined)
  return { field, withoutField, value: valueText(condition, name) ?? (withoutField === false ? field : undefined) }
}

/** Of paths through arrays. */
const bare = ({ type }: JsonCondition): Verdict => type === 'notExists'

function valueText(condition: JsonCondition, name: string | undefined): string | undefined {
  if (condition.type === 'is') {
    // An array that holds a null is NULL too.
    const literal = { TRUE: 'true', FALSE: 'false', NULL: undefined }[condition.value]
    return name === undefined || literal === undefined ? undefined : name.slice(1) + literal
  }
  if (condition.type !== 'comparison' || condition.operator !== '=' || condition.literal.type !== 'string')
    return undefined
  const { value } = condition.literal
  const pieces = value.split('*')
  const head = pieces[0]!
  if (PLAIN.test(head) && !NUMERIC.test(head)) {
    const text = pieces.length === 1 ? `"${head}"` : `"${head}`
    return name === undefined ? text : name.slice(1) + text
  }
  const parts = pieces.flatMap((piece, index) => partsOf(piece, index === pieces.length - 1 && !value.endsWith('*')))
  const longest = parts.sort((a, b) => b.length - a.length)[0]
  return longest === undefined || (longest.length < LONG && name !== undefined && !longest.endsWith('"'))
    ? undefined
    : longest
}

/** What of a piece of a literal stands in JSON as it is; at the literal's end with the quote that closes it. */
function partsOf(piece: string, isEnd: boolean): string[] {
  return [...piece.matchAll(PLAIN_PARTS)].flatMap(({ 0: part, index }) => {
    if (NUMERIC.test(part)) return []
    return [isEnd && index + part.length === piece.length ? `${part}"` : part]
  })
}
