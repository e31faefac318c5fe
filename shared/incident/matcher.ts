import type { RecordView } from '../contracts/record.ts'
import type { CompiledFilterPattern } from '../filter-pattern/compile.ts'
import { createRuleIndex } from './rule-index.ts'
import type { Text } from './text-test.ts'

/** Finds the rules that a record matches. */
export interface Matcher<Rule> {
  /** The matching rules, in their order. The array is good until the next call. */
  match(view: RecordView, message: string): readonly Rule[]
  /** The message of the last call, parsed where that was needed, else now; undefined where it is no JSON. */
  readonly record: unknown
}

/** JSON's escape of a character that could stand there as it is. */
const ESCAPE = '\\u00'

/**
 * Matches records against the very patterns that CloudWatch gets. What the index cannot tell from the view or from the
 * text is tried on the message, which is parsed once, and only where some rule may match.
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
  let parsed: unknown
  let isParsed = false
  let isEscaped: boolean | undefined
  const text: Text & { message: string } = {
    message: '',
    mayHide() {
      isEscaped ??= text.message.includes(ESCAPE)
      return isEscaped
    },
  }

  function record(): unknown {
    if (!isParsed) {
      isParsed = true
      try {
        parsed = JSON.parse(text.message)
      } catch {
        parsed = undefined
      }
    }
    return parsed
  }

  return {
    match(view, message) {
      text.message = message
      isParsed = false
      isEscaped = undefined
      const { verdicts, certain } = index.candidates(view, message)
      if (certain !== undefined) return certain
      found.length = 0
      for (let at = 0; at < verdicts.length; at += 1) {
        const { rule, isCertain, say } = verdicts[at]!
        const said = isCertain || (isParsed ? undefined : say(view, text))
        if (said ?? rule.pattern.matchParsed(record(), message)) found.push(rule)
      }
      return found
    },
    get record() {
      return record()
    },
  }
}
