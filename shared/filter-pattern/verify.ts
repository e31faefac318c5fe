import type { MatchOptions } from './ast.ts'
import { compileFilterPattern } from './compile.ts'
import { parseFilterPattern } from './parse.ts'

/** One statement about filter patterns that AWS can be asked about. `invalid`: the pattern is rejected. */
export interface VerificationCase {
  readonly pattern: string
  readonly message: string
  readonly match: boolean | 'invalid'
}

/** What TestMetricFilter answered: which of the messages matched (1-based), or that it rejects the pattern. */
export type TestAnswer =
  | { readonly status: 'tested'; readonly matched: ReadonlySet<number> }
  | { readonly status: 'rejected'; readonly reason: string }

/** Asks AWS about one pattern and up to {@link MAX_MESSAGES} messages. */
export type TestMetricFilter = (filterPattern: string, logEventMessages: readonly string[]) => Promise<TestAnswer>

/** CloudWatch Logs API Reference, "TestMetricFilter": `logEventMessages` has 1 to 50 items of at least 1 character. */
export const MAX_MESSAGES = 50

/**
 * Who is right. `agree`: AWS, this engine and the case say the same. `case`: AWS and the engine agree against the case.
 * `engine`: AWS says otherwise than this engine. `unasked`: TestMetricFilter takes no empty message.
 */
export type Verdict = 'agree' | 'case' | 'engine' | 'unasked'

export interface VerifiedCase extends VerificationCase {
  readonly verdict: Verdict
  readonly ours: boolean | 'invalid'
  readonly aws?: boolean | 'invalid'
  /** Why AWS rejects the pattern. */
  readonly reason?: string
  /** Where the engine is wrong: the options with which it says what AWS says, if there are such. */
  readonly agreesWith?: MatchOptions
}

/** What this engine says. */
export function answerOf({ pattern, message }: VerificationCase, options: MatchOptions = {}): boolean | 'invalid' {
  const parsed = parseFilterPattern(pattern)
  return parsed.ok ? compileFilterPattern(parsed.pattern, options).match(message) : 'invalid'
}

/** Reads a case file: one JSON object a line with `pattern`, `message` and `match`; other members are let be. */
export function parseVerificationCase(line: string): VerificationCase | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { pattern, message = '', match, invalid } = value as Record<string, unknown>
  const expected = invalid === true ? 'invalid' : match
  if (typeof pattern !== 'string' || typeof message !== 'string') return undefined
  return expected === true || expected === false || expected === 'invalid'
    ? { pattern, message, match: expected }
    : undefined
}

interface Call {
  readonly pattern: string
  readonly messages: readonly string[]
}

/** The calls that answer all cases: each pattern with its messages, at most 50 at a time, none twice. */
export function planCalls(cases: readonly VerificationCase[]): readonly Call[] {
  const messagesOf = new Map<string, Set<string>>()
  for (const { pattern, message, match } of cases) {
    const messages = messagesOf.get(pattern) ?? new Set()
    messagesOf.set(pattern, messages)
    // A pattern that is expected to be rejected needs some message to be asked about.
    if (message !== '') messages.add(message)
    else if (match === 'invalid') messages.add('x')
  }
  return [...messagesOf].flatMap(([pattern, set]) => {
    const messages = [...set]
    return Array.from({ length: Math.ceil(messages.length / MAX_MESSAGES) }, (_, index) => ({
      pattern,
      messages: messages.slice(index * MAX_MESSAGES, (index + 1) * MAX_MESSAGES),
    }))
  })
}

/**
 * Asks AWS about every case and says who is right. Calls go out one after the other, `pause` between them; errors of
 * `test` are thrown as they are.
 *
 * @see CloudWatch Logs API Reference, "TestMetricFilter"
 * @example
 * const results = await verifyCases(cases, { test: createTestMetricFilter({ client }), pause: () => sleep(250) })
 */
export async function verifyCases(
  cases: readonly VerificationCase[],
  ports: {
    readonly test: TestMetricFilter
    readonly pause: () => Promise<void>
    readonly onCall?: (done: number, all: number) => void
  },
): Promise<readonly VerifiedCase[]> {
  const answers = new Map<string, { readonly aws: boolean | 'invalid'; readonly reason?: string }>()
  const calls = planCalls(cases)
  for (const [index, { pattern, messages }] of calls.entries()) {
    if (index > 0) await ports.pause()
    const answer = await ports.test(pattern, messages)
    for (const [position, message] of messages.entries()) {
      answers.set(
        keyOf(pattern, message),
        answer.status === 'rejected'
          ? { aws: 'invalid', reason: answer.reason }
          : { aws: answer.matched.has(position + 1) },
      )
    }
    ports.onCall?.(index + 1, calls.length)
  }
  return cases.map((each) => judge(each, answers))
}

const keyOf = (pattern: string, message: string): string => `${pattern}\u0000${message}`

function judge(
  each: VerificationCase,
  answers: ReadonlyMap<string, { readonly aws: boolean | 'invalid'; readonly reason?: string }>,
): VerifiedCase {
  const ours = answerOf(each)
  const message = each.message === '' && each.match === 'invalid' ? 'x' : each.message
  const answer = answers.get(keyOf(each.pattern, message))
  if (answer === undefined) return { ...each, verdict: 'unasked', ours }
  if (answer.aws === ours) return { ...each, verdict: ours === each.match ? 'agree' : 'case', ours, ...answer }
  const agreesWith = OPTIONS.find((options) => answerOf(each, options) === answer.aws)
  return { ...each, verdict: 'engine', ours, ...answer, ...(agreesWith && { agreesWith }) }
}

/** The choices where AWS is not certain (docs/filter-patterns.md). */
const OPTIONS: readonly MatchOptions[] = [
  { midStringWildcard: 'literal' },
  { strictJson: false },
  { midStringWildcard: 'literal', strictJson: false },
]
