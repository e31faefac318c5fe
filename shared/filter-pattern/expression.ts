import type { Compound, Expression } from './ast.ts'
import { isCompound } from './ast.ts'
import { atEnd, type Cursor, characterAt, fail, locate, nameCharacter, peek, skipWhiteSpace, take } from './cursor.ts'

/** AWS documents no limit; this one keeps recursion bounded. */
const MAX_DEPTH = 200

/** `or := and (|| and)*; and := unary (&& unary)*; unary := ( or ) | condition`. */
export function readExpression<C extends { readonly type: string }>(
  cursor: Cursor,
  readCondition: (cursor: Cursor) => C,
  depth = 0,
): Expression<C> {
  return readChain(cursor, 'or', '||', () =>
    readChain(cursor, 'and', '&&', () => readUnary(cursor, readCondition, depth)),
  )
}

function readChain<C extends { readonly type: string }>(
  cursor: Cursor,
  type: 'and' | 'or',
  token: string,
  readOperand: () => Expression<C>,
): Expression<C> {
  skipWhiteSpace(cursor)
  const start = cursor.position
  const read: Expression<C>[] = []
  let end: number
  do {
    read.push(readOperand())
    end = cursor.position
    skipWhiteSpace(cursor)
  } while (take(cursor, token))
  if (read.length === 1) return read[0]!
  const operands = read.flatMap((operand) =>
    isCompound(operand) && operand.type === type ? operand.operands : [operand],
  )
  const node: Compound<C> = { type, operands }
  cursor.spans.set(node, { start, end })
  return node
}

function readUnary<C extends { readonly type: string }>(
  cursor: Cursor,
  readCondition: (cursor: Cursor) => C,
  depth: number,
): Expression<C> {
  skipWhiteSpace(cursor)
  const open = cursor.position
  if (!take(cursor, '(')) return readCondition(cursor)
  if (depth >= MAX_DEPTH) {
    fail(cursor, 'NESTED_TOO_DEEP', `Parentheses are nested more than ${MAX_DEPTH} deep.`, 'a flatter expression', open)
  }
  const inner = readExpression(cursor, readCondition, depth + 1)
  skipWhiteSpace(cursor)
  if (!take(cursor, ')')) failOperator(cursor, "')'", open)
  const span = cursor.spans.get(inner)
  if (span) cursor.spans.set(inner, { ...span, parenthesized: true })
  return inner
}

/** Something other than `&&`, `||` or the closing bracket follows a condition. */
export function failOperator(cursor: Cursor, closing: string, open: number): never {
  const found = characterAt(cursor.text, cursor.position)
  if (atEnd(cursor)) {
    const { line, column } = locate(cursor.text, open)
    fail(cursor, 'CLOSING_EXPECTED', `The bracket that opens at line ${line}, column ${column} is not closed.`, closing)
  }
  if (found === '&' || found === '|') {
    fail(cursor, 'OPERATOR_UNKNOWN', `A single '${found}' is not an operator.`, `'${found}${found}'`, cursor.position, {
      start: cursor.position,
      end: cursor.position + 1,
      replacement: found + found,
    })
  }
  const word = /^[A-Za-z]+/.exec(cursor.text.slice(cursor.position))?.[0].toUpperCase()
  if (word === 'AND' || word === 'OR') {
    const replacement = word === 'AND' ? '&&' : '||'
    fail(cursor, 'OPERATOR_UNKNOWN', `'${word}' is not an operator.`, `'${replacement}'`, cursor.position, {
      start: cursor.position,
      end: cursor.position + word.length,
      replacement,
    })
  }
  fail(cursor, 'CLOSING_EXPECTED', `${nameCharacter(found)} cannot follow a condition.`, `'&&', '||' or ${closing}`)
}

/** Whether the cursor stands at a letter that begins a keyword. */
export function readKeyword(cursor: Cursor): string {
  const start = cursor.position
  while (!atEnd(cursor) && /[A-Za-z]/.test(peek(cursor))) cursor.position += 1
  return cursor.text.slice(start, cursor.position)
}
