import fc from 'fast-check'
import type {
  Compound,
  Expression,
  FilterPattern,
  JsonCondition,
  Literal,
  Operator,
  Selector,
  SelectorSegment,
  SpaceCondition,
  SpaceEntry,
  Term,
} from '../../shared/filter-pattern/ast.ts'

/** Patterns in normal form, as the parser gives them, within AWS's limits on regexes and wildcards. */

const name = fc.constantFrom('a', 'b', 'eventName', 'x-amz-acl', '_id', 'constructor')
const anyName = fc.oneof(name, fc.constantFrom('a.b', 'with space', 'é', '"', ']', '1'))
const word = fc.constantFrom(
  'x',
  'Put',
  'PutObject',
  'a b',
  'true',
  'null',
  '3',
  '3.0',
  '*',
  'Put*',
  '*Object',
  'P*t',
  '',
  'é',
  '"',
  '\\',
  '\\"',
  '%',
  'a\nb',
  '-',
  '1e3',
)

const segment: fc.Arbitrary<SelectorSegment> = fc.oneof(
  { weight: 5, arbitrary: anyName.map((value) => ({ type: 'name' as const, name: value })) },
  { weight: 2, arbitrary: fc.nat(3).map((index) => ({ type: 'index' as const, index })) },
)
const selector: fc.Arbitrary<Selector> = fc
  .tuple(anyName, fc.array(segment, { maxLength: 3 }))
  .map(([first, rest]) => ({ segments: [{ type: 'name' as const, name: first }, ...rest] }))

const numberText = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.constantFrom('+3', '3.0', '.5', '5.', '1e3', '10e-3', '-0', '1E+2', '1000', '9007199254740993'),
)

const plainLiteral: fc.Arbitrary<Literal> = fc.oneof(
  word.map((value) => ({ type: 'string' as const, value })),
  numberText.map((text) => ({ type: 'number' as const, text })),
)

const comparison: fc.Arbitrary<{ operator: Operator; literal: Literal }> = fc.oneof(
  fc.record({ operator: fc.constantFrom<Operator>('=', '!='), literal: plainLiteral }),
  fc.record({
    operator: fc.constantFrom<Operator>('<', '<=', '>', '>='),
    literal: numberText.map((text) => ({ type: 'number' as const, text })),
  }),
)

function conditionOn(
  of: fc.Arbitrary<Selector>,
  compared: fc.Arbitrary<{ operator: Operator; literal: Literal }>,
): fc.Arbitrary<JsonCondition> {
  return fc.oneof(
    fc.tuple(of, compared).map(([selected, rest]) => ({ type: 'comparison' as const, selector: selected, ...rest })),
    fc.record({
      type: fc.constant('is' as const),
      selector: of,
      value: fc.constantFrom<'NULL' | 'TRUE' | 'FALSE'>('NULL', 'TRUE', 'FALSE'),
    }),
    fc.record({ type: fc.constant('notExists' as const), selector: of }),
  )
}
const jsonCondition = conditionOn(selector, comparison)

/** Types alternate from level to level, as parsing flattens. */
function expression<C extends { readonly type: string }>(
  condition: fc.Arbitrary<C>,
  type: 'and' | 'or',
  depth: number,
): fc.Arbitrary<Expression<C>> {
  if (depth === 0) return condition
  const below = expression(condition, type === 'and' ? 'or' : 'and', depth - 1)
  const compound = fc
    .array(below, { minLength: 2, maxLength: 4 })
    .map((operands): Compound<C> => ({ type, operands: operands as readonly Expression<C>[] }))
  return fc.oneof(condition, compound as fc.Arbitrary<Expression<C>>)
}

/** A selector's single wildcard, in any place. */
const wildcardSelector: fc.Arbitrary<Selector> = fc
  .tuple(selector, fc.nat(3), fc.constantFrom<'dot' | 'bracket'>('dot', 'bracket'))
  .map(([{ segments }, at, style]) => ({
    segments: [
      ...segments.slice(0, at),
      { type: 'wildcard' as const, style: at === 0 ? 'dot' : style },
      ...segments.slice(at),
    ],
  }))

function anyExpression<C extends { readonly type: string }>(condition: fc.Arbitrary<C>): fc.Arbitrary<Expression<C>> {
  return fc.oneof(expression(condition, 'and', 3), expression(condition, 'or', 3))
}

export const jsonPattern: fc.Arbitrary<FilterPattern & { kind: 'json' }> = anyExpression(jsonCondition).map((of) => ({
  kind: 'json',
  expression: of,
}))

// ---------------------------------------------------------------------------------------------------------- regexes

const classMember = fc.constantFrom('a', 'b', '0-9', 'a-c', '\\d', '\\w', '\\s', '\\D', '.', '\\]', '\\\\', ':', '$')
const atom = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', '0', '-', ':', ' ', '/') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\.', '\\x41', '\\\\', '\\|'),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.boolean(), fc.array(classMember, { minLength: 1, maxLength: 3 }))
      .map(([negated, members]) => `[${negated ? '^' : ''}${members.join('')}]`),
  },
)
const quantifier = fc.constantFrom('', '', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '{0,2}', '*?', '{0}')
const sequence = fc
  .tuple(
    fc.constantFrom('', '', '', '^'),
    fc.array(fc.tuple(atom, quantifier), { maxLength: 6 }),
    fc.constantFrom('', '', '', '$'),
  )
  .map(([start, items, end]) => start + items.map((item) => item.join('')).join('') + end)

export const regexSource: fc.Arbitrary<string> = fc
  .array(sequence, { minLength: 1, maxLength: 3 })
  .map((sequences) => sequences.join('|'))
  .filter((source) => source !== '')

/** Text over the characters the regexes are about. */
export const regexText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      'a',
      'a',
      'b',
      'c',
      '0',
      '7',
      'A',
      '-',
      ':',
      ' ',
      '/',
      '.',
      '\n',
      '_',
      '\\',
      ']',
      '|',
      'é',
      '\u2028',
      '\u{1F600}',
    ),
    {
      maxLength: 24,
    },
  )
  .map((characters) => characters.join(''))

/** JSON patterns with all there is: wildcards and regexes too, without regard for AWS's counts. */
export const anyJsonPattern: fc.Arbitrary<FilterPattern & { kind: 'json' }> = anyExpression(
  conditionOn(
    fc.oneof(selector, wildcardSelector),
    fc.oneof(
      comparison,
      fc.record({
        operator: fc.constantFrom<Operator>('=', '!='),
        literal: regexSource.map((source) => ({ type: 'regex' as const, source })),
      }),
    ),
  ),
).map((of) => ({ kind: 'json', expression: of }))

// ------------------------------------------------------------------------------------------------- terms and fields

const term: fc.Arbitrary<Term> = fc.record({
  mode: fc.constantFrom<Term['mode']>('include', 'exclude', 'optional'),
  match: word.filter((text) => text !== '').map((text) => ({ type: 'text' as const, text })),
})

export const termsPattern: fc.Arbitrary<FilterPattern & { kind: 'terms' }> = fc
  .tuple(fc.array(term, { minLength: 1, maxLength: 4 }), fc.option(regexSource, { nil: undefined }))
  .map(([terms, source]) => ({
    kind: 'terms',
    terms:
      source === undefined
        ? terms
        : [...terms, { mode: 'include' as const, match: { type: 'regex' as const, source } }],
  }))

const FIELDS = ['ip', 'user', 'status', 'bytes_sent', '_x']

function spaceEntry(field: string, declared: readonly string[]): fc.Arbitrary<SpaceEntry> {
  const own = comparison.map((rest): SpaceCondition => ({ type: 'comparison', field, ...rest }))
  const other = fc
    .tuple(fc.constantFrom(...declared), comparison)
    .map(([of, rest]): SpaceCondition => ({ type: 'comparison', field: of, ...rest }))
  return fc.oneof(
    fc.constant<SpaceEntry>({ type: 'field' as const, name: field }),
    own.map((condition): SpaceEntry => ({ type: 'field', name: field, condition })),
    fc.tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), own, fc.array(other, { minLength: 1, maxLength: 3 })).map(
      ([type, first, rest]): SpaceEntry => ({
        type: 'field',
        name: field,
        condition: { type, operands: [first, ...rest] },
      }),
    ),
  )
}

export const spacePattern: fc.Arbitrary<FilterPattern & { kind: 'space' }> = fc
  .subarray(FIELDS, { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      fc.tuple(...names.map((field) => spaceEntry(field, names))),
      fc.option(fc.nat(names.length), { nil: undefined }),
      fc.boolean(),
    ),
  )
  .map(([fields, ellipsis, blank]) => {
    const entries: SpaceEntry[] = [...fields]
    if (ellipsis !== undefined) entries.splice(ellipsis, 0, { type: 'ellipsis' })
    if (blank) entries.push({ type: 'field' })
    return { kind: 'space', entries }
  })

export const filterPattern: fc.Arbitrary<FilterPattern> = fc.oneof(
  fc.constant<FilterPattern>({ kind: 'all' }),
  termsPattern,
  jsonPattern,
  spacePattern,
)

/** Documents that hold what the JSON patterns ask for. */
export const jsonDocument: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    word,
    fc.constantFrom<unknown>(null, true, false, 3, 1000, 0.01, -0, -5, 2 ** 53, 'PutObject', 'xPutObjectx'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(anyName, fc.constant('__proto__')), tie('value'), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
})).object
