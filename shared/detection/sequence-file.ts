/** How the file of a rule over incidents is read. */
import * as z from 'zod/mini'
import { isObject } from '../basics/is-object.ts'
import { readDocument } from './document.ts'
import type { Result } from './problem.ts'
import { ID, SEVERITIES } from './schema.ts'
import type { Sequence } from './sequence.ts'

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most))
const texts = z.array(text(1000))
const id = z.string().check(z.maxLength(63), z.regex(ID, 'expected lower-case words joined by hyphens'))

const exampleHit = z.strictObject({ rule: id, minute: z.number() })
const examples = z.strictObject({
  hits: z.array(z.strictObject({ name: text(200), of: z.array(exampleHit) })).check(z.minLength(1)),
  misses: z.array(z.strictObject({ name: text(200), of: z.array(exampleHit) })).check(z.minLength(1)),
})

const sequenceSchema = z.strictObject({
  id,
  kind: z.literal('sequence'),
  title: text(100),
  severity: z.enum(SEVERITIES),
  description: text(2000),
  steps: z.array(z.strictObject({ name: text(100), rules: z.array(id).check(z.minLength(1)) })).check(z.minLength(2)),
  within: z.int().check(z.minimum(60), z.maximum(604_800)),
  mitre: z._default(z.array(text(20)), []),
  falsePositives: texts.check(z.minLength(1)),
  runbook: texts.check(z.minLength(1)),
  examples,
})

/**
 * One file, checked; every problem at once, with line, column and field.
 *
 * @example
 * parseSequence(text, 'infra/detections/sequences/seq-controls-off.yml')
 */
export function parseSequence(content: string, file: string): Result<Sequence> {
  const baseName = (file.split(/[\\/]/).at(-1) ?? '').replace(/\.ya?ml$/, '')
  const read = readDocument(content, file, sequenceSchema, (value, report) => {
    if (!isObject(value)) return
    if (typeof value.id === 'string' && value.id !== baseName)
      report(['id'], `the file is named "${baseName}", so the id must be "${baseName}", found "${value.id}"`)
  })
  return read.ok ? { ok: true, value: { ...read.value, file } } : read
}
