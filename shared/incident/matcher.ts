import type { RecordView } from '../contracts/record.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import { createRuleIndex, ESCAPE, holdsOne } from './rule-index.ts'

/** Finds the rules that a record matches. */
export interface Matcher<Rule> {
  /** The matching rules, in their order. The array is good until the next call. */
  match(view: RecordView, message: string): readonly Rule[]
  /** The message of the last call, parsed where that was needed, else now; undefined where it is no JSON. */
  readonly record: unknown
}

/**
 * Matches records against the very patterns that CloudWatch gets. What the index cannot tell from the view is tried on
 * the message, which is parsed once, and only where some rule may match.
 *
 * @example
 * const matcher = createMatcher(rules)
 * for (const rule of matcher.match(record.view, record.message)) count(rule, matcher.record)
 */
export function createMatcher<Rule extends { readonly pattern: CompiledFilterPattern }>(
  rules: readonly Rule[],
): Matcher<Rule> {
  const index = createRuleIndex(rules)
  const found: Rule[] = []
  let text = ''
  let parsed: unknown
  let isParsed = false
  let isEscaped: boolean | undefined

  function mayHold(needles: readonly string[] | undefined): boolean {
    if (needles === undefined || isParsed || holdsOne(text, needles)) return true
    isEscaped ??= text.includes(ESCAPE)
    return isEscaped
  }

  function record(): unknown {
    if (!isParsed) {
      isParsed = true
      try {
        parsed = JSON.parse(text)
      } catch {
        parsed = undefined
      }
    }
    return parsed
  }

  return {
    match(view, message) {
      found.length = 0
      text = message
      isParsed = false
      isEscaped = undefined
      for (const { rule, isCertain, ask, needles } of index.candidates(view, message)) {
        const said = isCertain || ask?.(view)
        if (said === false) continue
        if (said === true || (mayHold(needles) && rule.pattern.matchParsed(record(), message))) found.push(rule)
      }
      return found
    },
    get record() {
      return record()
    },
  }
}
