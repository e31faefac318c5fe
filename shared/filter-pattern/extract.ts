import type { CompiledFilterPattern, Extracted } from './compile.ts'
import { parseNumber } from './literal.ts'

/** What a matching log event contributes to its metric. */
export type MetricValue =
  | { readonly status: 'value'; readonly value: number }
  /** Absent or null: the default value is published, or nothing. */
  | { readonly status: 'missing' }
  /** There is a value, and it is no number: nothing is published. */
  | { readonly status: 'notNumeric' }

/** A message and, where it is known already, what JSON.parse makes of it. */
export interface MessageInput {
  readonly message: string
  readonly parsed?: unknown
}

export type Compiled<T> =
  | { readonly ok: true; readonly read: (input: MessageInput) => T }
  | { readonly ok: false; readonly problem: string }

/**
 * Compiles `metricValue` of a metric transformation: a number, `$.selector` (JSON patterns; it need not occur in the
 * pattern, no wildcard) or `$field` (space-delimited patterns). A text that is written as a number counts as one.
 *
 * Source: CloudWatch Logs guide, "Publishing numerical values found in log entries"; measured by third parties.
 *
 * @example compileMetricValue('$.bytes', compiled) // { ok: true, read }
 */
export function compileMetricValue(metricValue: string, compiled: CompiledFilterPattern): Compiled<MetricValue> {
  const text = metricValue.trim()
  const constant = constantOf(metricValue)
  if (constant !== undefined) {
    const value: MetricValue = { status: 'value', value: constant }
    return { ok: true, read: () => value }
  }
  const problem = referenceProblem(text, compiled)
  if (problem !== undefined) return { ok: false, problem: `The metric value '${metricValue}' ${problem}` }
  return { ok: true, read: (input) => toMetricValue(extractOne(compiled, input, text)) }
}

/** The number that a `metricValue` is; undefined: it is a reference, and needs a pattern. */
export function constantOf(metricValue: string): number | undefined {
  const constant = parseNumber(metricValue.trim())
  return constant !== undefined && Number.isFinite(constant) ? constant : undefined
}

function toMetricValue(extracted: Extracted): MetricValue {
  if (extracted.status === 'missing') return { status: 'missing' }
  if (extracted.status !== 'value') return { status: 'notNumeric' }
  const { value } = extracted
  const number = typeof value === 'number' ? value : typeof value === 'string' ? parseNumber(value.trim()) : undefined
  return number !== undefined && Number.isFinite(number) ? { status: 'value', value: number } : { status: 'notNumeric' }
}

/**
 * Compiles the dimensions of a metric transformation (name → reference). `read` gives the dimensions of the data
 * point, or undefined when any value is missing or no scalar: then the point is published without dimensions.
 *
 * Source: PutMetricFilter (API reference); measured by third parties.
 *
 * @example compileDimensions({ Bucket: '$.requestParameters.bucketName' }, compiled)
 */
export function compileDimensions(
  dimensions: Readonly<Record<string, string>>,
  compiled: CompiledFilterPattern,
): Compiled<Readonly<Record<string, string>> | undefined> {
  const entries = Object.entries(dimensions)
  for (const [name, reference] of entries) {
    const problem = referenceProblem(reference, compiled)
    if (problem !== undefined) return { ok: false, problem: `The dimension '${name}' = '${reference}' ${problem}` }
  }
  const references = entries.map(([, reference]) => reference)
  return {
    ok: true,
    read: (input) => {
      const values = extractAll(compiled, input, references)
      const point: Record<string, string> = {}
      for (const [index, [name]] of entries.entries()) {
        const extracted = values[index]!
        const text = extracted.status === 'value' ? String(extracted.value) : ''
        if (text === '') return undefined
        point[name] = text
      }
      return point
    },
  }
}

/** Why a pattern cannot have a reference, as the rest of a sentence; undefined when it can. */
export function referenceProblem(reference: string, compiled: CompiledFilterPattern): string | undefined {
  const [extracted] = compiled.extract('', [reference])
  if (extracted?.status !== 'invalid') return undefined
  if (compiled.kind === 'json') return 'is no property selector without a wildcard, such as $.latency.'
  if (compiled.kind === 'space') return 'names no field that the pattern declares, such as $bytes or $7.'
  return 'is a reference, and only JSON and space-delimited patterns can have one.'
}

function extractAll(
  compiled: CompiledFilterPattern,
  input: MessageInput,
  references: readonly string[],
): readonly Extracted[] {
  return 'parsed' in input
    ? compiled.extractParsed(input.parsed, input.message, references)
    : compiled.extract(input.message, references)
}

function extractOne(compiled: CompiledFilterPattern, input: MessageInput, reference: string): Extracted {
  return extractAll(compiled, input, [reference])[0]!
}
