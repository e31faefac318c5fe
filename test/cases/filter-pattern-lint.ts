import type { LintRule } from '../../shared/filter-pattern/lint.ts'

/** Pattern → the rules it breaks, in the order of their places; and the pattern after the edits of the findings. */
export interface LintCase {
  readonly pattern: string
  readonly rules: readonly LintRule[]
  readonly fixed?: string
}

/** `$.eventName` and `$.source` are always there; `$.root` is a JSON boolean. */
export const LINT_CASES: readonly LintCase[] = [
  { pattern: '{ $.eventName = "ConsoleLogin" }', rules: [] },
  { pattern: '{ $.eventName != "HeadBucket" && $.source = "cloudtrail" }', rules: [] },
  // != and absent keys.
  {
    pattern: '{ $.mfa != "Yes" }',
    rules: ['not-equal-absent'],
    fixed: '{ ($.mfa != "Yes" || $.mfa NOT EXISTS) }',
  },
  { pattern: '{ ($.mfa != "Yes") || ($.mfa NOT EXISTS) }', rules: [] },
  { pattern: '{ $.eventName = "x" && ($.mfa NOT EXISTS || $.mfa != "Yes") }', rules: [] },
  { pattern: '{ $.mfa NOT EXISTS || ($.mfa != "Yes" && $.mfa != "yes") }', rules: [] },
  { pattern: '{ $.arn = "arn:*" && $.arn != "*:111122223333:*" }', rules: [] },
  { pattern: '{ ($.a NOT EXISTS || $.b != "x") && $.eventName = "y" }', rules: ['not-equal-absent'] },
  { pattern: '{ $.list[*] != "x" }', rules: ['not-equal-absent'], fixed: '{ ($.list[*] != "x" || $.list NOT EXISTS) }' },
  // Booleans.
  { pattern: '{ $.flag = true }', rules: ['boolean-comparison'], fixed: '{ $.flag IS TRUE }' },
  { pattern: '{ $.flag = FALSE }', rules: ['boolean-comparison'], fixed: '{ $.flag IS FALSE }' },
  { pattern: '{ $.eventName != true }', rules: ['boolean-comparison'], fixed: '{ $.eventName IS FALSE }' },
  { pattern: '{ $.mfaAuthenticated = "true" }', rules: [] },
  { pattern: '{ $.root = "true" }', rules: ['boolean-comparison'], fixed: '{ $.root IS TRUE }' },
  { pattern: '{ $.root = 1 }', rules: ['boolean-comparison'] },
  { pattern: '{ $.root IS TRUE }', rules: [] },
  { pattern: '{ $.root is true }', rules: ['keyword-case'], fixed: '{ $.root IS TRUE }' },
  { pattern: '{ $.x not exists }', rules: ['keyword-case'], fixed: '{ $.x NOT EXISTS }' },
  // Alternatives that match nearly everything.
  {
    pattern:
      '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.eventName != "HeadBucket") || ($.source != "x") }',
    rules: ['or-negation', 'or-negation'],
  },
  { pattern: '{ ($.errorCode = "AccessDenied*") || ($.errorMessage NOT EXISTS) }', rules: ['or-negation'] },
  { pattern: '{ $.errorCode = "x" || ($.eventName != "a" && $.source != "b") }', rules: ['or-negation'] },
  { pattern: '{ $.eventName != "x" || $.eventName != "y" }', rules: ['always-true'] },
  { pattern: '{ $.source = "a" && ($.eventName != "x" || $.eventName = "x") }', rules: ['always-true'] },
  { pattern: '{ $.eventName != "Get*" || $.eventName != "List*" }', rules: ['always-true'] },
  { pattern: '{ $.n < 5 || $.n >= 5 }', rules: [] },
  // Conditions that exclude each other.
  { pattern: '{ $.eventName = "x" && $.eventName = "y" }', rules: ['never-matches'] },
  { pattern: '{ $.eventName = "Get*" && $.eventName = "Put*" }', rules: ['never-matches'] },
  { pattern: '{ $.eventName = "Get*" && $.eventName = "*Acl" }', rules: [] },
  { pattern: '{ $.eventName = "*a*" && $.eventName = "*b*" }', rules: [] },
  { pattern: '{ $.n > 5 && $.n < 3 }', rules: ['never-matches'] },
  { pattern: '{ $.n > 3 && $.n < 5 }', rules: [] },
  { pattern: '{ $.n > 3 && $.n < 3.2 }', rules: [] },
  { pattern: '{ $.n = 3 && $.n = "3" }', rules: ['redundant-condition'] },
  { pattern: '{ $.a NOT EXISTS && $.a = "x" }', rules: ['never-matches'] },
  { pattern: '{ $.root IS TRUE && $.root IS FALSE }', rules: ['never-matches'] },
  { pattern: '{ $.a = "x" && ($.a = "y" || $.a = "z") }', rules: ['never-matches'] },
  { pattern: '{ ($.a = "x" || $.b = "x") && $.a = "y" }', rules: [] },
  { pattern: '{ $.a = %x% && $.a = %y% }', rules: [] },
  { pattern: '{ $.list[*] = "x" && $.list[*] = "y" }', rules: [] },
  { pattern: '{ $.a = "*" && $.a != "x" }', rules: [] },
  { pattern: '[op = "REST.GET.OBJECT" || op = "REST.*.OBJECT", rest]', rules: ['mid-string-wildcard'] },
  // Repeats.
  { pattern: '{ $.a = "x" || $.a = x }', rules: ['duplicate-condition'] },
  { pattern: '{ $.a = "x" || $.a = "*" }', rules: ['redundant-condition'] },
  { pattern: '{ $.eventName = "x" && $.eventName != "y" }', rules: ['redundant-condition'] },
  { pattern: '{ $.a = "AccessDenied" || $.a = "AccessDenied*" }', rules: ['redundant-condition'] },
  // Layout.
  {
    pattern: '{ $.a = "x" || $.b = 1 && $.c = 2 }',
    rules: ['mixed-precedence'],
    fixed: '{ $.a = "x" || ($.b = 1 && $.c = 2) }',
  },
  { pattern: '{ $.a = "x" || ($.b = 1 && $.c = 2) }', rules: [] },
  { pattern: '{ ($.a = "x") || ($.b = 1) && ($.c = 2) }', rules: ['mixed-precedence'], fixed: '{ ($.a = "x") || (($.b = 1) && ($.c = 2)) }' },
  { pattern: '{ $.op = "REST.*.OBJECT" }', rules: ['mid-string-wildcard'] },
  { pattern: '{ $.op = "*REST*" || $.op = **x }', rules: [] },
  { pattern: '{ $.u = "*kali*" || $.u = "*Kali*" || $.u = "*KALI*" }', rules: ['case-variants'] },
  // What AWS rejects.
  { pattern: '{ $.url = http://x }', rules: ['syntax'], fixed: '{ $.url = "http://x" }' },
  { pattern: "{ $.a = 'two words' }", rules: ['syntax'], fixed: '{ $.a = "two words" }' },
  { pattern: '{ $.a = “two words” }', rules: ['syntax'], fixed: '{ $.a = "two words" }' },
  { pattern: '{ $.a == 1 }', rules: ['syntax'], fixed: '{ $.a = 1 }' },
  { pattern: '{ $.a = 1 AND $.b = 2 }', rules: ['syntax'], fixed: '{ $.a = 1 && $.b = 2 }' },
  { pattern: '{ $.a = 1 | $.b = 2 }', rules: ['syntax'], fixed: '{ $.a = 1 || $.b = 2 }' },
  { pattern: '{ $.a EXISTS }', rules: ['syntax'], fixed: '{ $.a = "*" }' },
  { pattern: '{ $.a = ', rules: ['syntax'] },
  { pattern: 'err:or', rules: ['syntax'], fixed: '"err:or"' },
  { pattern: '-err:or', rules: ['syntax'], fixed: '-"err:or"' },
  { pattern: `{ $.a = "${'x'.repeat(1100)}" }`, rules: ['too-long'] },
  { pattern: '{ $.a = %x% || $.b = %y% || $.c = %z% }', rules: ['too-many-regexes'] },
  { pattern: '{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d.* = 1 }', rules: ['too-many-wildcards'] },
  // Terms.
  { pattern: 'ERROR -DEBUG', rules: [] },
  { pattern: '?ERROR ?WARN', rules: [] },
  { pattern: '?ERROR WARN', rules: ['optional-ignored'] },
  { pattern: '?ERROR ?WARN -DEBUG', rules: ['optional-ignored', 'optional-ignored', 'exclude-only'] },
  { pattern: '-DEBUG', rules: ['exclude-only'] },
  { pattern: 'ERROR -ERR', rules: ['never-matches'] },
  { pattern: 'ERROR ERROR', rules: ['duplicate-condition'] },
  { pattern: 'index.html', rules: ['unquoted-punctuation'], fixed: '"index.html"' },
  { pattern: 'x -i-1', rules: ['unquoted-punctuation'], fixed: 'x -"i-1"' },
  { pattern: '" "', rules: ['space-phrase'] },
  { pattern: '', rules: ['matches-everything'] },
  // Fields.
  { pattern: '[]', rules: ['matches-everything'] },
  { pattern: '[...]', rules: ['matches-everything'] },
  { pattern: '[ip, user, ...]', rules: [] },
  { pattern: '[level = ERROR]', rules: ['last-field-takes-rest'], fixed: '[level = ERROR, ...]' },
  { pattern: '[level = ERROR, ...]', rules: [] },
  { pattern: '[..., status = 4*, bytes > 10]', rules: [] },
  { pattern: '[w = ERROR && w = WARN, rest]', rules: ['never-matches'] },
  { pattern: '[w != ERROR || w != WARN, rest]', rules: ['always-true'] },
  { pattern: '[op = "REST.*.OBJECT", rest]', rules: ['mid-string-wildcard'] },
]
