import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Detection } from '../../shared/detection/schema.ts'
import type { Sequence } from '../../shared/detection/sequence.ts'
import { loadDetections, loadSequences } from '../../shared/files/detections.ts'
import { SHIPPED_RULES } from '../../shared/files/package-root.ts'
import {
  openPreparedRules,
  PREPARED_RULES,
  type PreparedRules,
  prepareRules,
} from '../../shared/files/prepared-rules.ts'

describe('prepared rules', () => {
  let folder = ''
  let detections: readonly Detection[] = []
  let sequences: readonly Sequence[] = []
  let prepared: PreparedRules = openPreparedRules()
  const fileOf = async ({ file }: { readonly file: string }) => ({ file, text: await readFile(file, 'utf8') })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucketwatch-'))
    detections = await loadDetections(SHIPPED_RULES)
    sequences = await loadSequences(detections, SHIPPED_RULES)
    const place = join(folder, PREPARED_RULES)
    await writeFile(place, prepareRules([...detections, ...sequences]))
    prepared = openPreparedRules(pathToFileURL(place))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are what is read of their files, to the letter', async () => {
    expect(detections.length).toBeGreaterThan(90)
    expect(sequences.length).toBeGreaterThan(1)
    for (const one of detections) {
      const found = prepared.detection(await fileOf(one))
      expect(found).toEqual(one)
      expect(JSON.stringify(found)).toBe(JSON.stringify(one))
    }
    for (const one of sequences) {
      const found = prepared.sequence(await fileOf(one))
      expect(found).toEqual(one)
      expect(JSON.stringify(found)).toBe(JSON.stringify(one))
    }
  })

  it('are found wherever the pack lies, and only under the name and in the pack that they were checked with', async () => {
    const { text } = await fileOf(detections[0]!)
    const { pack, id } = detections[0]!
    expect(prepared.detection({ file: `copies/${pack}/${id}.yml`, text })).toMatchObject({
      id,
      pack,
      file: `copies/${pack}/${id}.yml`,
    })
    expect(prepared.detection({ file: `copies\\${pack}\\${id}.yml`, text })).toMatchObject({ id, pack })
    expect(prepared.detection({ file: `${pack}/other.yml`, text })).toBeUndefined()
    expect(prepared.detection({ file: `Bad Pack/${id}.yml`, text })).toBeUndefined()
  })

  it('are not found for a file that was changed, were it by a blank', async () => {
    const { file, text } = await fileOf(detections[0]!)
    expect(prepared.detection({ file, text: `${text} ` })).toBeUndefined()
    expect(prepared.detection({ file, text: '' })).toBeUndefined()
    const sequence = await fileOf(sequences[0]!)
    expect(prepared.sequence({ ...sequence, text: sequence.text.replace('severity', 'severityy') })).toBeUndefined()
  })

  it('are none beside the sources', async () => {
    expect(openPreparedRules().detection(await fileOf(detections[0]!))).toBeUndefined()
  })

  it('are refused where JSON would say something else', () => {
    const endless = { ...detections[0]!, threshold: Number.POSITIVE_INFINITY }
    expect(() => prepareRules([endless])).toThrow(/says what JSON cannot/)
  })
})
