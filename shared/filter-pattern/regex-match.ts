import { type CharSet, charSetHas, type RegexAlternative, type RegexItem, singleCharacter } from './regex-syntax.ts'

/**
 * Matchers for the regex subset, in time linear in the message whatever the message holds: log text is written by
 * whoever attacks, so a backtracking engine is used only where its work per starting point has a small constant bound
 * (no unbounded repetition, at most MAX_CHOICES ways to split). Everything else runs on a simulation that keeps, for
 * each item of a sequence, when it was entered: one pass, O(characters × items), independent of repetition counts.
 *
 * Semantics: a search; case-sensitive; characters are code points; `.` matches no line terminator (\n \r U+2028
 * U+2029); `^` and `$` are the ends of the text, not of a line; `\d \w \s` are ASCII.
 */
export type TextMatcher = (text: string) => boolean

const MAX_CHOICES = 64
const MAX_NATIVE_LENGTH = 512

type CharsItem = Extract<RegexItem, { kind: 'chars' }>

/** @example compileRegex(alternatives)('[ERROR 401] UNAUTHORIZED') */
export function compileRegex(alternatives: readonly RegexAlternative[]): TextMatcher {
  const matchers = alternatives.map((alternative) => compileAlternative(trim(alternative)))
  if (matchers.length === 1) return matchers[0]!
  return (text) => matchers.some((matches) => matches(text))
}

/** For tests: the simulation alone, without the shortcuts. */
export function compileRegexBySimulation(alternatives: readonly RegexAlternative[]): TextMatcher {
  const matchers = alternatives.map(simulate)
  return (text) => matchers.some((matches) => matches(text))
}

/** Repetition at the open end of a search decides nothing beyond its minimum: `.*x+` finds what `x` finds. */
function trim(items: RegexAlternative): RegexAlternative {
  let start = 0
  let end = items.length
  const bounded = [...items]
  for (; start < end; start += 1) {
    const item = bounded[start]!
    if (item.kind !== 'chars') break
    if (item.min > 0) {
      bounded[start] = { ...item, max: item.min }
      break
    }
  }
  for (; end > start; end -= 1) {
    const item = bounded[end - 1]!
    if (item.kind !== 'chars') break
    if (item.min > 0) {
      bounded[end - 1] = { ...item, max: item.min }
      break
    }
  }
  return bounded.slice(start, end)
}

function compileAlternative(items: RegexAlternative): TextMatcher {
  if (items.length === 0) return () => true
  return literalMatcher(items) ?? nativeMatcher(items) ?? withRequiredText(items, simulate(items))
}

/** `abc`, `^abc`, `abc$`, `^abc$` need no engine at all. */
function literalMatcher(items: RegexAlternative): TextMatcher | undefined {
  const first = items[0]?.kind === 'start'
  const last = items.at(-1)?.kind === 'end'
  const literal = literalText(items.slice(first ? 1 : 0, last ? -1 : items.length))
  if (literal === undefined) return undefined
  if (first && last) return (text) => text === literal
  if (first) return (text) => text.startsWith(literal)
  if (last) return (text) => text.endsWith(literal)
  return (text) => text.includes(literal)
}

function literalText(items: RegexAlternative): string | undefined {
  let literal = ''
  for (const item of items) {
    const character = item.kind === 'chars' && item.min === item.max ? singleCharacter(item.set) : undefined
    if (character === undefined || (item as CharsItem).min > MAX_NATIVE_LENGTH) return undefined
    literal += character.repeat((item as CharsItem).min)
  }
  return literal
}

function nativeMatcher(items: RegexAlternative): TextMatcher | undefined {
  let choices = 1
  let length = 0
  for (const item of items) {
    if (item.kind !== 'chars') continue
    choices *= item.max - item.min + 1
    length += item.max
  }
  if (choices > MAX_CHOICES || length > MAX_NATIVE_LENGTH) return undefined
  const expression = new RegExp(items.map(nativeSource).join(''), 'u')
  return (text) => expression.test(text)
}

function nativeSource(item: RegexItem): string {
  if (item.kind === 'start') return '^'
  if (item.kind === 'end') return '$'
  const count = item.min === 1 && item.max === 1 ? '' : `{${item.min},${item.max}}`
  return nativeClass(item.set) + count
}

function nativeClass(set: CharSet): string {
  let members = ''
  for (let code = 0; code < 256; code += 1) {
    if (set.table[code] === 1) members += `\\u{${code.toString(16)}}`
  }
  if (set.separators) members += '\\u{2028}\\u{2029}'
  if (set.other) members += '\\u{100}-\\u{2027}\\u{202a}-\\u{10ffff}'
  // An empty class is valid with the u flag and matches nothing ([^\w\W]).
  return `[${members}]`
}

/** Skips the simulation for texts that lack the longest literal run every match must contain. */
function withRequiredText(items: RegexAlternative, matches: TextMatcher): TextMatcher {
  let longest = ''
  let run = ''
  for (const item of items) {
    const character = item.kind === 'chars' && item.min === 1 && item.max === 1 ? singleCharacter(item.set) : undefined
    run = character === undefined ? '' : run + character
    if (run.length > longest.length) longest = run
  }
  if (longest === '') return matches
  return (text) => text.includes(longest) && matches(text)
}

/** What an item needs while the text goes by: see the kinds in `simulate`. */
interface ItemState {
  readonly kind: 'start' | 'end' | 'once' | 'unbounded' | 'range'
  readonly set: CharSet | undefined
  readonly min: number
  readonly max: number
  /** once: entered at this position. */
  pending: boolean
  /** once: matched the character before this position. */
  done: boolean
  /** unbounded: the position of the earliest run still alive, or -1; it is the one that reaches `min` first. */
  since: number
  /** range: the positions of all runs alive, oldest first, from `head` on; each has length position - entry. */
  entries: number[]
  head: number
}

function toState(item: RegexItem): ItemState {
  const blank = { pending: false, done: false, since: -1, entries: [], head: 0 }
  if (item.kind !== 'chars') return { kind: item.kind, set: undefined, min: 0, max: 0, ...blank }
  const { set, min, max } = item
  const kind = max === Number.POSITIVE_INFINITY ? 'unbounded' : min === 1 && max === 1 ? 'once' : 'range'
  return { kind, set, min, max, ...blank }
}

function reset(state: ItemState): void {
  state.pending = false
  state.done = false
  state.since = -1
  state.entries = []
  state.head = 0
}

/**
 * One sequence, all starting points at once. All runs inside one item consume the same characters, so their counts
 * grow in step: a run is its entry position, and a character outside the set ends all of them together.
 */
function simulate(items: RegexAlternative): TextMatcher {
  const states = items.map(toState)
  const first = states[0]
  const leading = first?.kind === 'once' ? singleCharacter(first.set!) : undefined
  return (text) => {
    for (const state of states) reset(state)
    let index = 0
    let position = 0
    let alive = false
    for (;;) {
      if (!alive && leading !== undefined) {
        const next = text.indexOf(leading, index)
        if (next < 0) return false
        position += next - index
        index = next
      }
      if (arrive(states, position, index === text.length)) return true
      if (index >= text.length) return false
      const code = text.codePointAt(index)!
      index += code > 0xffff ? 2 : 1
      position += 1
      alive = consume(states, code, position)
    }
  }
}

/** Enters every item that can be reached at this position; true when the end of the sequence can. */
function arrive(states: readonly ItemState[], position: number, atTextEnd: boolean): boolean {
  let reached = true
  for (const state of states) {
    switch (state.kind) {
      case 'start':
        reached &&= position === 0
        break
      case 'end':
        reached &&= atTextEnd
        break
      case 'once':
        state.pending = reached
        reached = state.done
        break
      case 'unbounded':
        if (reached && state.since < 0) state.since = position
        reached = state.since >= 0 && position - state.since >= state.min
        break
      case 'range':
        if (reached) state.entries.push(position)
        reached = state.head < state.entries.length && position - state.entries[state.head]! >= state.min
        break
    }
  }
  return reached
}

/** Feeds one character to every run; true when any is left. */
function consume(states: readonly ItemState[], code: number, position: number): boolean {
  let alive = false
  for (const state of states) {
    switch (state.kind) {
      case 'once':
        state.done = state.pending && charSetHas(state.set!, code)
        alive ||= state.done
        break
      case 'unbounded':
        if (state.since >= 0 && !charSetHas(state.set!, code)) state.since = -1
        alive ||= state.since >= 0
        break
      case 'range':
        if (state.head >= state.entries.length) break
        if (!charSetHas(state.set!, code)) {
          state.entries = []
          state.head = 0
          break
        }
        while (state.head < state.entries.length && position - state.entries[state.head]! > state.max) state.head += 1
        if (state.head > 1024 && state.head * 2 > state.entries.length) {
          state.entries = state.entries.slice(state.head)
          state.head = 0
        }
        alive ||= state.head < state.entries.length
        break
    }
  }
  return alive
}
