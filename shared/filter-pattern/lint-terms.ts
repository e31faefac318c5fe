import type { Term } from './ast.ts'
import { quote } from './cursor.ts'
import { formatTerm } from './format.ts'
import { type Context, edit, type LintFinding, rangeOf, report, reportRepeats, sourceOf } from './lint-report.ts'

/** What the linter says of unstructured terms. */
export function lintTerms(context: Context, terms: readonly Term[]): void {
  const effective = terms.filter((term) => term.mode !== 'optional')
  lintOperatorWords(context, terms)
  for (const term of terms) {
    if (term.mode === 'optional' && effective.length > 0) {
      report(
        context,
        'optional-ignored',
        term,
        `${formatTerm(term)} is ignored, because there are terms without '?'.`,
        {
          fix: { description: "Give every term a '?', or use a regular expression such as %one|other%." },
        },
      )
    }
    const source = sourceOf(context, term)
    if (term.match.type === 'text' && !source.includes('"') && /[^A-Za-z0-9_]/.test(term.match.text)) {
      const prefix = source.slice(0, source.length - term.match.text.length)
      report(context, 'unquoted-punctuation', term, `${source} is not in double quotes.`, {
        fix: edit(context, term, 'Quote the term.', prefix + quote(term.match.text)),
      })
    }
    if (term.match.type === 'text' && /^\*.|.\*$/.test(term.match.text)) {
      const prefix = source.slice(0, source.length - source.replace(/^[-?]\s*/, '').length)
      const plain = term.match.text.replaceAll(/^\*+|\*+$/g, '')
      report(context, 'literal-asterisk', term, `${source} looks for the asterisk itself.`, {
        fix: plain === '' ? undefined : edit(context, term, 'Leave the asterisks out.', prefix + quote(plain)),
      })
    }
    if (term.match.type === 'text' && term.match.text === ' ' && terms.length === 1) {
      report(context, 'space-phrase', term, 'The phrase " " matches messages that hold a space.', {
        fix: { description: 'Use the empty pattern to match everything.' },
      })
    }
  }
  const included = terms.filter((term) => term.mode === 'include')
  const excluded = terms.filter((term) => term.mode === 'exclude')
  if (effective.length > 0 && included.length === 0) {
    report(context, 'exclude-only', excluded[0]!, 'The pattern says only what must not occur.', {
      fix: { description: 'Add a term that must occur.' },
    })
  }
  for (const exclude of excluded) {
    const hit = included.find((include) => occursIn(exclude, include))
    if (hit)
      report(
        context,
        'never-matches',
        exclude,
        `${formatTerm(exclude)} excludes every message that has ${formatTerm(hit)}.`,
        { fix: { description: 'Remove one of the two.' } },
      )
  }
  const words = terms.filter((term) => operatorWord(context, term) === undefined)
  reportRepeats(context, words, formatTerm)
}

function occursIn(exclude: Term, include: Term): boolean {
  return (
    exclude.match.type === 'text' && include.match.type === 'text' && include.match.text.includes(exclude.match.text)
  )
}

/** `ERROR OR WARN`, `ERROR AND Timeout`, `NOT DEBUG`: written for another language. */
function lintOperatorWords(context: Context, terms: readonly Term[]): void {
  for (const [index, term] of terms.entries()) {
    const word = operatorWord(context, term)
    const next = terms[index + 1]
    const joins = word !== 'NOT' && index > 0
    if (word === undefined || next === undefined || (word !== 'NOT' && !joins)) continue
    report(context, 'operator-word', term, `${sourceOf(context, term)} is a term of its own here.`, {
      fix: operatorFix(context, terms, index, word),
    })
  }
}

function operatorWord(context: Context, term: Term): 'AND' | 'OR' | 'NOT' | undefined {
  if (term.mode !== 'include') return undefined
  const source = sourceOf(context, term)
  const word = source.toUpperCase()
  if (word === 'AND' || word === 'OR') return word
  // "not" is a word that people look for.
  return source === 'NOT' ? 'NOT' : undefined
}

function operatorFix(
  context: Context,
  terms: readonly Term[],
  index: number,
  word: 'AND' | 'OR' | 'NOT',
): LintFinding['fix'] {
  const term = terms[index]!
  const next = terms[index + 1]!
  const [start] = rangeOf(context, term)
  const [nextStart, nextEnd] = rangeOf(context, next)
  if (word === 'AND') {
    return { description: 'Leave it out: all terms must occur.', edit: { start, end: nextStart, replacement: '' } }
  }
  if (word === 'NOT') {
    return { description: "Write '-' before the term.", edit: { start, end: nextStart, replacement: '-' } }
  }
  // `a OR b OR c`, and nothing else: only then is it clear what the alternatives are.
  const isWord = (at: number): boolean => operatorWord(context, terms[at]!) === 'OR'
  const alternates = terms.length % 2 === 1 && terms.every((_, at) => isWord(at) === (at % 2 === 1))
  if (!alternates || terms.some(({ mode }) => mode !== 'include')) {
    return { description: "Give every alternative a '?', or use a regular expression such as %one|other%." }
  }
  const first = index === 1 ? rangeOf(context, terms[0]!)[0] : start
  const before = index === 1 ? `?${sourceOf(context, terms[0]!)} ` : ''
  return {
    description: "Give every alternative a '?'.",
    edit: { start: first, end: nextEnd, replacement: `${before}?${sourceOf(context, next)}` },
  }
}
