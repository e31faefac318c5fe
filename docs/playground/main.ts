import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { MAX_PATTERN_LENGTH, parseFilterPattern, patternLength } from '../../shared/filter-pattern/parse.ts'
import { guessRecordSchema, RECORD_SCHEMAS } from '../../shared/filter-pattern/record-schemas.ts'
import { splitMessages } from './messages.ts'
import { SAMPLE_PATTERNS, type SampleEvent } from './samples.ts'
import {
  decodeState,
  EMPTY_STATE,
  encodeState,
  MAX_ADDRESS,
  type PlaygroundState,
  type RecordsOption,
} from './state.ts'
import { findingView, noteView, optionView, plural, problemView, resultView } from './view.ts'

const get = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const pattern = get<HTMLTextAreaElement>('pattern')
const messages = get<HTMLTextAreaElement>('messages')
const records = get<HTMLSelectElement>('records')
const literalStar = get<HTMLInputElement>('literal-star')
const textAround = get<HTMLInputElement>('text-around')
const samplePattern = get<HTMLSelectElement>('sample-pattern')
const sampleEvent = get<HTMLSelectElement>('sample-event')
const sampleForm = get<HTMLSelectElement>('sample-form')
const results = get<HTMLOListElement>('results')
const shared = get<HTMLParagraphElement>('shared')
const samples = JSON.parse(get('samples').textContent ?? '[]') as readonly SampleEvent[]

/** More would make typing slow; the counts are of all. */
const MAX_RESULTS = 100
const KINDS = { all: 'matches everything', terms: 'terms', json: 'JSON', space: 'space-delimited' } as const

function read(): PlaygroundState {
  return {
    pattern: pattern.value,
    messages: messages.value,
    records: records.value as RecordsOption,
    literalStar: literalStar.checked,
    textAroundJson: textAround.checked,
  }
}

function write(state: PlaygroundState): void {
  pattern.value = state.pattern
  messages.value = state.messages
  records.value = state.records
  literalStar.checked = state.literalStar
  textAround.checked = state.textAroundJson
}

function render(): void {
  const state = read()
  const parsed = parseFilterPattern(state.pattern)
  pattern.setAttribute('aria-invalid', String(!parsed.ok))
  const length = `${patternLength(state.pattern).toLocaleString('en-US')} of ${MAX_PATTERN_LENGTH.toLocaleString('en-US')}`
  get('kind').textContent = parsed.ok ? `${KINDS[parsed.pattern.kind]} · ${length}` : length
  get('problem').replaceChildren(...(parsed.ok ? [] : problemView(state.pattern, parsed.error, apply)))
  renderFindings(state, parsed.ok)
  const texts = splitMessages(state.messages)
  if (!parsed.ok) {
    get('summary').textContent = 'The pattern is invalid: AWS rejects it'
    results.replaceChildren()
  } else {
    const compiled = compileFilterPattern(parsed.pattern, {
      midStringWildcard: state.literalStar ? 'literal' : 'glob',
      strictJson: !state.textAroundJson,
    })
    const matched = texts.filter((text) => compiled.match(text)).length
    get('summary').textContent =
      texts.length === 0
        ? 'No messages yet: type some, or add a sample'
        : `${matched.toLocaleString('en-US')} of ${plural(texts.length, 'message')} ${matched === 1 ? 'matches' : 'match'}`
    results.replaceChildren(...texts.slice(0, MAX_RESULTS).map((text) => resultView(compiled, text)))
    if (texts.length > MAX_RESULTS) {
      const more = document.createElement('li')
      more.append(noteView(`${plural(texts.length - MAX_RESULTS, 'more message')} counted, not shown.`))
      results.append(more)
    }
  }
  remember(state)
}

function renderFindings(state: PlaygroundState, valid: boolean): void {
  const box = get('findings')
  // What a parse error says stands at the pattern; an empty pattern is where everybody begins.
  if (!valid || state.pattern.trim() === '') {
    box.replaceChildren()
    return
  }
  const schema = state.records === 'auto' ? guessRecordSchema(state.pattern) : state.records
  const knowledge = schema === undefined || schema === 'none' ? {} : RECORD_SCHEMAS[schema]
  const findings = lintFilterPattern(state.pattern, {
    ...knowledge,
    midStringWildcard: state.literalStar ? 'literal' : 'glob',
  })
  box.replaceChildren(...findings.map((finding) => findingView(state.pattern, finding, apply)))
}

function apply(text: string): void {
  pattern.value = text
  pattern.focus()
  render()
}

/** Keeps the state in the address, so that a reload, a bookmark or a copied link has it. */
function remember(state: PlaygroundState): void {
  const fragment = encodeState(state)
  if (fragment.length <= MAX_ADDRESS) history.replaceState(null, '', `#${fragment}`)
}

async function share(): Promise<void> {
  const fragment = encodeState(read())
  if (fragment.length > MAX_ADDRESS) {
    shared.textContent = 'The messages are too long for a link: share fewer.'
    return
  }
  try {
    await navigator.clipboard.writeText(location.href)
    shared.textContent = 'The link is in the clipboard. It holds the pattern and the messages.'
  } catch {
    shared.textContent = 'The link is in the address bar. It holds the pattern and the messages.'
  }
}

let waiting = 0
/** Renders once typing pauses for a moment; long texts take their time. */
function soon(): void {
  window.clearTimeout(waiting)
  waiting = window.setTimeout(render, messages.value.length > 200_000 ? 300 : 30)
}

function offerForms(): void {
  const forms = samples[Number(sampleEvent.value)]?.forms ?? {}
  for (const option of sampleForm.options) option.disabled = forms[option.value as 'raw'] === undefined
}

samplePattern.append(
  optionView('', 'Example patterns…'),
  ...SAMPLE_PATTERNS.map(({ title }, index) => optionView(String(index), title)),
)
sampleEvent.append(...samples.map(({ title }, index) => optionView(String(index), title)))
samplePattern.addEventListener('change', () => {
  const sample = SAMPLE_PATTERNS[Number(samplePattern.value)]
  if (samplePattern.value !== '' && sample !== undefined) apply(sample.pattern)
  samplePattern.value = ''
})
sampleEvent.addEventListener('change', offerForms)
get('add').addEventListener('click', () => {
  const text = samples[Number(sampleEvent.value)]?.forms[sampleForm.value as 'raw' | 'lean' | 'full']
  if (text === undefined) return
  messages.value = [messages.value.replace(/\n+$/, ''), text].filter((part) => part !== '').join('\n')
  render()
})
get('clear').addEventListener('click', () => {
  messages.value = ''
  messages.focus()
  render()
})
get('share').addEventListener('click', () => void share())
for (const field of [pattern, messages]) field.addEventListener('input', soon)
for (const field of [records, literalStar, textAround]) field.addEventListener('change', render)
window.addEventListener('hashchange', () => {
  const state = decodeState(location.hash)
  if (state === undefined || encodeState(state) === encodeState(read())) return
  write(state)
  render()
})

/** Where nobody has been yet: something to look at. */
function firstState(): PlaygroundState {
  const forms = samples.slice(0, 3).flatMap(({ forms: { raw } }) => raw ?? [])
  return { ...EMPTY_STATE, pattern: SAMPLE_PATTERNS[0]!.pattern, messages: forms.join('\n') }
}

write(decodeState(location.hash) ?? firstState())
offerForms()
render()
