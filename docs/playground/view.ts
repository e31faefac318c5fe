import type { PatternError } from '../../shared/filter-pattern/ast.ts'
import type { CompiledFilterPattern } from '../../shared/filter-pattern/compile.ts'
import type { ExplainedNode } from '../../shared/filter-pattern/explain.ts'
import type { LintFinding } from '../../shared/filter-pattern/lint-report.ts'

/** Text enters the page as text nodes only, so that nothing in a message or a pattern can run. */
type Child = Node | string

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  if (className !== '') node.className = className
  node.append(...children)
  return node
}

/** Characters that would reorder or hide text are shown by their number. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const code = (text: string): HTMLElement => element('code', '', visible(text))

/** A parse error: where, what, what was expected, the place in the text, and the fix. */
export function problemView(pattern: string, error: PatternError, apply: (text: string) => void): readonly Node[] {
  const line = pattern.split('\n')[error.line - 1] ?? ''
  const at = error.column - 1
  const end = Math.max(
    at + 1,
    error.fix === undefined ? at + 1 : Math.min(line.length, at + error.fix.end - error.offset),
  )
  const place = element(
    'pre',
    '',
    visible(line.slice(0, at)),
    element('mark', '', at < line.length ? visible(line.slice(at, end)) : ' '),
    visible(line.slice(end)),
  )
  const nodes: Node[] = [
    element(
      'p',
      '',
      element('span', 'where', `Line ${error.line}, column ${error.column}: `),
      visible(`${error.message} Expected ${error.expected}. `),
      element('span', 'hint', error.code),
    ),
    place,
  ]
  if (error.fix !== undefined) nodes.push(fixView(pattern, error.fix, apply))
  return nodes
}

function fixView(pattern: string, fix: NonNullable<PatternError['fix']>, apply: (text: string) => void): HTMLElement {
  const mended = pattern.slice(0, fix.start) + fix.replacement + pattern.slice(fix.end)
  const button = element('button', '', 'Apply')
  button.type = 'button'
  button.addEventListener('click', () => apply(mended))
  return element('div', 'instead', element('p', 'hint', 'Instead:'), element('pre', '', visible(mended)), button)
}

export function findingView(pattern: string, finding: LintFinding, apply: (text: string) => void): HTMLElement {
  const { severity, rule, message, reason, fix } = finding
  const box = element(
    'div',
    `finding ${severity}`,
    element('p', '', element('span', `badge ${severity}`, severity), ' ', visible(message)),
    element('p', 'remedy', `${reason} `, element('span', 'hint', rule)),
  )
  if (fix !== undefined) box.append(element('p', 'remedy', visible(fix.description)))
  if (fix?.edit !== undefined) box.append(fixView(pattern, fix.edit, apply))
  return box
}

const MAX_SHOWN = 400

/** One message: whether it matches, its beginning, why, what was extracted, and all of it on demand. */
export function resultView(compiled: CompiledFilterPattern, message: string): HTMLLIElement {
  const { match, tree, decidedBy, text } = compiled.explain(message)
  const firstLine = message.length > MAX_SHOWN ? `${message.slice(0, MAX_SHOWN)}…` : message
  const head = element(
    'div',
    'head',
    element('span', match ? 'badge match' : 'badge', match ? 'match' : 'no match'),
    ...gistOf(message),
    element('code', 'text', visible(firstLine.replaceAll('\n', ' '))),
  )
  const item = element('li', match ? 'match' : '', head)
  if (tree === undefined) item.append(element('p', 'none', visible(text.replace(/^(no )?match: /, ''))))
  else item.append(element('ul', 'tree', nodeView(tree, new Set(decidedBy))))
  const fields = Object.entries(compiled.extractedValues(message))
  if (fields.length > 0) {
    const list = element('dl', 'fields')
    for (const [name, value] of fields) list.append(element('dt', '', visible(name)), element('dd', '', visible(value)))
    item.append(element('details', '', element('summary', '', plural(fields.length, 'field')), list))
  }
  if (message.length > 60) {
    item.append(element('details', '', element('summary', '', 'Message'), element('pre', '', visible(pretty(message)))))
  }
  return item
}

/** The event's name, where there is one: the beginnings of records are all alike. */
function gistOf(message: string): readonly Node[] {
  const name = /"eventName"\s*:\s*"([A-Za-z0-9_.]{1,60})"/.exec(message.slice(0, 5000))?.[1]
  return name === undefined ? [] : [element('span', 'gist', name)]
}

function nodeView(node: ExplainedNode, decidedBy: ReadonlySet<ExplainedNode>): HTMLLIElement {
  if (node.type === 'condition') {
    const text = code(node.text)
    if (decidedBy.has(node)) text.classList.add('decides')
    return element('li', node.match ? 'yes' : 'no', text, ' ', element('span', 'why', visible(node.why)))
  }
  const list = element('ul', 'tree')
  for (const operand of node.operands) list.append(nodeView(operand, decidedBy))
  return element('li', node.match ? 'yes' : 'no', node.type === 'and' ? 'all of' : 'any of', list)
}

function pretty(message: string): string {
  try {
    const value: unknown = JSON.parse(message)
    return typeof value === 'object' ? JSON.stringify(value, null, 2) : message
  } catch {
    return message
  }
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}

export function optionView(value: string, label: string): HTMLOptionElement {
  const option = element('option', '', label)
  option.value = value
  return option
}

export function noteView(text: string): HTMLElement {
  return element('p', 'none', text)
}
