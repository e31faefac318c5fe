import type { Term, TermsPattern } from './ast.ts'
import { type ExplainedCondition, type ExplainedNode, type Explanation, toExplanation } from './explain.ts'
import { formatTerm } from './format.ts'
import { compileRegex, type TextMatcher } from './regex-match.ts'
import { parseRegex } from './regex-syntax.ts'

interface CompiledTerm {
  readonly term: Term
  readonly occursIn: TextMatcher
}

function compileTerm(term: Term): CompiledTerm {
  if (term.match.type === 'text') {
    const { text } = term.match
    return { term, occursIn: (message) => message.includes(text) }
  }
  const parsed = parseRegex(term.match.source)
  return { term, occursIn: parsed.ok ? compileRegex(parsed.alternatives) : () => false }
}

/**
 * Terms are case-sensitive substrings. All plain terms must occur and no excluded one may; optional terms count only
 * where there is nothing else (CloudWatch Logs guide, "Using filter patterns to match terms in unstructured log
 * events").
 */
export function compileTerms(pattern: TermsPattern): {
  readonly test: TextMatcher
  readonly explain: (message: string) => Explanation
} {
  const compiled = pattern.terms.map(compileTerm)
  const included = compiled.filter(({ term }) => term.mode === 'include')
  const excluded = compiled.filter(({ term }) => term.mode === 'exclude')
  const optional = compiled.filter(({ term }) => term.mode === 'optional')
  const anyOf = included.length + excluded.length === 0
  const [only] = included
  const alone = included.length === 1 && excluded.length === 0 ? only!.occursIn : undefined
  const test: TextMatcher =
    alone ??
    (anyOf
      ? (message) => optional.some(({ occursIn }) => occursIn(message))
      : (message) =>
          included.every(({ occursIn }) => occursIn(message)) && !excluded.some(({ occursIn }) => occursIn(message)))
  return {
    test,
    explain: (message) => {
      const operands = (anyOf ? optional : [...included, ...excluded]).map((term) => explainTerm(term, message))
      const tree: ExplainedNode =
        operands.length === 1 ? operands[0]! : { type: anyOf ? 'or' : 'and', match: test(message), operands }
      return toExplanation(tree)
    },
  }
}

function explainTerm({ term, occursIn }: CompiledTerm, message: string): ExplainedCondition {
  const occurs = occursIn(message)
  return {
    type: 'condition',
    text: formatTerm(term),
    match: term.mode === 'exclude' ? !occurs : occurs,
    why: occurs ? 'occurs' : 'does not occur',
  }
}
