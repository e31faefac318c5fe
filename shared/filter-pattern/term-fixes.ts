import type { Fix } from './ast.ts'
import { quote } from './cursor.ts'

/** What to suggest for terms that CloudWatch Logs rejects. */

/** Terms are found anywhere, so asterisks around one are left out; `!x` is `-x`; anything else is quoted. */
export function termInstead(text: string): string {
  const plain = /^\*+([A-Za-z0-9_]+)\**$|^([A-Za-z0-9_]+)\*+$/.exec(text)
  if (plain) return plain[1] ?? plain[2]!
  if (/^![A-Za-z0-9_]+$/.test(text)) return `-${text.slice(1)}`
  return quote(text.replace(/^["“”]+|["“”]+$/g, ''))
}

/**
 * Patterns written for another language as a whole: conditions without braces, `a || b`, `a && b`. Quoting the part that
 * does not parse would give a pattern that looks for the operator. Undefined where the text is none of these.
 */
export function foreignSyntax(
  text: string,
  isPattern: (text: string) => boolean,
): { readonly expected: string; readonly fix?: Fix } | undefined {
  const whole = (replacement: string): Fix => ({ start: 0, end: text.length, replacement })
  const trimmed = text.trim()
  if (trimmed.startsWith('$.') || trimmed.startsWith('($.')) {
    const braced = `{ ${trimmed} }`
    const expected = 'JSON conditions in braces'
    return isPattern(braced) ? { expected, fix: whole(braced) } : { expected }
  }
  const tokens = trimmed.match(/"(?:\\.|[^"\\])*"|%[^%]*%|\|+|&+|[^\s|&"%]+/g) ?? []
  const isOperator = (token: string | undefined): boolean => token !== undefined && /^(?:\|+|&+)$/.test(token)
  const operators = new Set(tokens.filter(isOperator).map((token) => token[0]))
  if (operators.size === 0 && !/^\w+(?:\s*,\s*\w+)+$/.test(trimmed)) return undefined
  const expected = "terms parted by spaces (all must occur), or a '?' before each of them (any must)"
  const terms = tokens.filter((token) => !isOperator(token)).map((token) => simpleTerm(token, isPattern))
  const alternates = tokens.length % 2 === 1 && tokens.every((token, at) => isOperator(token) === (at % 2 === 1))
  if (!alternates || operators.size > 1 || terms.some((term) => term === undefined)) return { expected }
  return { expected, fix: whole(terms.map((term) => (operators.has('|') ? `?${term}` : term)).join(' ')) }
}

/** A token as a term: as it is where it is one, in quotes where that makes it one. */
function simpleTerm(token: string, isPattern: (text: string) => boolean): string | undefined {
  const term = token.startsWith('"') || token.startsWith('%') ? token : termInsteadOf(token)
  return /^[-?]/.test(term) || !isPattern(term) ? undefined : term
}

function termInsteadOf(token: string): string {
  return /^[A-Za-z0-9_]+$/.test(token) ? token : termInstead(token)
}
