import type { Expression, JsonCondition, Literal, MatchOptions, SpaceCondition } from './ast.ts'
import { isCompound } from './ast.ts'
import { stateTest } from './compile-json.ts'
import { formatJsonCondition, formatSpaceCondition } from './format.ts'
import { compileFieldComparison, compileJsonComparison, hasMidStringWildcard, isGlob, parseNumber } from './literal.ts'
import { formatSelector, hasWildcard } from './selector.ts'

/**
 * What follows from two conditions on the same key: tried out on the values that the two literals tell apart (the
 * literals themselves, their neighbours, texts that fit both wildcards, a text and a number that fit neither, and
 * everything that is no scalar), with the very comparisons that a match uses.
 */
export interface Domain<C> {
  /** What a condition is about; undefined where this analysis does not apply (wildcard selectors, regexes, mid-string asterisks). */
  readonly keyOf: (condition: C) => string | undefined
  readonly textOf: (condition: C) => string
  readonly testOf: (condition: C) => (value: unknown) => boolean
  readonly literalOf: (condition: C) => Literal | undefined
  /** Values beside the scalars: absent, null, booleans, containers. */
  readonly others: readonly unknown[]
}

/** Values that fit a regex cannot be made up, and what a mid-string asterisk means is not certain. */
function isOpaque(literal: Literal): boolean {
  return literal.type === 'regex' || hasMidStringWildcard(literal)
}

export function jsonDomain(options: MatchOptions): Domain<JsonCondition> {
  return {
    keyOf: (condition) =>
      hasWildcard(condition.selector) || (condition.type === 'comparison' && isOpaque(condition.literal))
        ? undefined
        : formatSelector(condition.selector),
    textOf: formatJsonCondition,
    testOf: (condition) => {
      if (condition.type === 'notExists') return (value) => value === undefined
      if (condition.type === 'is') return stateTest(condition.value)
      return compileJsonComparison(condition.operator, condition.literal, options)
    },
    literalOf: (condition) => (condition.type === 'comparison' ? condition.literal : undefined),
    others: [undefined, null, true, false, {}, [], [null]],
  }
}

export function spaceDomain(options: MatchOptions): Domain<SpaceCondition> {
  return {
    keyOf: (condition) => (isOpaque(condition.literal) ? undefined : condition.field),
    textOf: formatSpaceCondition,
    testOf: (condition) => {
      const passes = compileFieldComparison(condition.operator, condition.literal, options)
      return (value) => passes(String(value))
    },
    literalOf: (condition) => condition.literal,
    others: [],
  }
}

/** A character no literal is likely to hold. */
const FILLER = '\u0001'

function instances(literal: Literal | undefined): string[] {
  if (literal === undefined || literal.type === 'regex') return []
  if (literal.type === 'number') return [literal.text]
  if (!isGlob(literal)) return [literal.value]
  return [literal.value, literal.value.replaceAll('*', ''), literal.value.replaceAll('*', FILLER)]
}

function scalars(a: Literal | undefined, b: Literal | undefined): (string | number)[] {
  const texts = new Set([FILLER, '', ...instances(a), ...instances(b)])
  for (const one of instances(a)) {
    for (const other of instances(b)) {
      for (const joined of [one + other, other + one, one + other + one, other + one + other]) texts.add(joined)
    }
  }
  const numbers = new Set([0.123456789, -987654321.5])
  const numbersOf = (literal: Literal | undefined): number[] =>
    instances(literal).flatMap((text) => parseNumber(text) ?? [])
  for (const value of [...numbersOf(a), ...numbersOf(b)]) {
    for (const near of [value - 1, value - 0.5, value, value + 0.5, value + 1]) numbers.add(near)
  }
  for (const one of numbersOf(a)) for (const other of numbersOf(b)) numbers.add((one + other) / 2)
  return [...texts, ...numbers]
}

/** How two conditions on the same key stand to each other. */
export interface Relation {
  /** No value satisfies both. */
  readonly contradict: boolean
  /** Every text and every number satisfies one of them, and neither does so alone. */
  readonly exhaust: boolean
  /** Whatever satisfies the first satisfies the second. */
  readonly firstImpliesSecond: boolean
  readonly secondImpliesFirst: boolean
}

/** Undefined where the two are not about the same key or cannot be analysed. */
export function relate<C>(domain: Domain<C>, first: C, second: C): Relation | undefined {
  const key = domain.keyOf(first)
  if (key === undefined || key !== domain.keyOf(second)) return undefined
  const [one, two] = [domain.testOf(first), domain.testOf(second)]
  const present = scalars(domain.literalOf(first), domain.literalOf(second))
  const all: unknown[] = [...present, ...domain.others]
  return {
    contradict: all.some(one) && all.some(two) && !all.some((value) => one(value) && two(value)),
    exhaust: present.every((value) => one(value) || two(value)) && !present.every(one) && !present.every(two),
    firstImpliesSecond: all.some(one) && all.every((value) => !one(value) || two(value)),
    secondImpliesFirst: all.some(two) && all.every((value) => !two(value) || one(value)),
  }
}

/** Whether two expressions can never hold together. Sound, not complete. */
export function contradicts<C extends { readonly type: string }>(
  domain: Domain<C>,
  first: Expression<C>,
  second: Expression<C>,
): boolean {
  if (isCompound(first)) {
    return first.type === 'or'
      ? first.operands.every((operand) => contradicts(domain, operand, second))
      : first.operands.some((operand) => contradicts(domain, operand, second))
  }
  if (isCompound(second)) return contradicts(domain, second, first)
  return relate(domain, first as C, second as C)?.contradict ?? false
}
