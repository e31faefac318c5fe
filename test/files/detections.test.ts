import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { loadDetections, loadSettings, readDetections, readSequences } from '../../shared/files/detections.ts'

const RULE = (id: string) => `id: ${id}
title: A rule
severity: low
description: What it sees.
sources: [cloudtrail]
pattern: '{ $.eventName = "A" }'
falsePositives: [none known]
runbook: [Look.]
examples:
  hits:
    - {name: one, kind: record, input: {eventName: A}}
    - {name: two, kind: record, input: {eventName: A}}
  misses:
    - {name: one, kind: record, input: {}}
    - {name: two, kind: record, input: {eventName: B}}
`

describe('detection files', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucketwatch-'))
    await mkdir(join(folder, 'good', 'b-pack'), { recursive: true })
    await mkdir(join(folder, 'good', 'custom'))
    await mkdir(join(folder, 'bad', 'pack', 'folder.yml'), { recursive: true })
    const files: Record<string, string> = {
      'good/b-pack/z-rule.yml': RULE('z-rule'),
      'good/b-pack/a-rule.yml': RULE('a-rule'),
      'good/b-pack/README.md': '# not a rule',
      'good/custom/mine.yaml': RULE('mine'),
      'good/README.md': '# not a rule',
      'bad/pack/other.yml': RULE('wrong-id'),
      'bad/stray.yml': RULE('stray'),
      'settings.yml': 'account: "111122223333"',
      'bad-settings.yml': 'account: 1',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('are read pack by pack, the custom folder like any other', async () => {
    const detections = await loadDetections(join(folder, 'good'))
    expect(detections.map(({ pack, id }) => `${pack}/${id}`)).toEqual(['b-pack/a-rule', 'b-pack/z-rule', 'custom/mine'])
  })

  it('are complained of all at once', async () => {
    const { detections, problems } = await readDetections(join(folder, 'bad'))
    expect(detections).toEqual([])
    expect(problems.map(({ file, message }) => `${file.slice(folder.length)}: ${message}`)).toEqual([
      expect.stringMatching(/^\/bad\/pack\/folder\.yml: cannot be read: it is a folder \(EISDIR\)/),
      expect.stringMatching(/^\/bad\/stray\.yml: a detection lives in the folder of its pack/),
      expect.stringMatching(/^\/bad\/pack\/other\.yml: the file is named "other"/),
    ])
    await expect(loadDetections(join(folder, 'bad'))).rejects.toMatchObject({ code: 'DETECTION_INVALID' })
  })

  it('of several folders are read together; an id that is taken twice is a problem of the later folder', async () => {
    await mkdir(join(folder, 'own', 'b-pack'), { recursive: true })
    await writeFile(join(folder, 'own', 'b-pack', 'my-rule.yml'), RULE('my-rule'))
    const both = await loadDetections(join(folder, 'good'), join(folder, 'own'))
    expect(both.map(({ id }) => id)).toEqual(['a-rule', 'z-rule', 'mine', 'my-rule'])
    const { problems } = await readDetections(join(folder, 'good'), join(folder, 'good'))
    expect(problems).toHaveLength(3)
  })

  it('are missed where a folder is not there, or holds none', async () => {
    await mkdir(join(folder, 'empty', 'pack'), { recursive: true })
    const messages = async (name: string) =>
      (await readDetections(join(folder, 'good'), join(folder, name))).problems.map(({ message }) => message)
    expect(await messages('nowhere')).toEqual(['there is no such folder'])
    expect(await messages('empty')).toEqual([expect.stringMatching(/^holds no rules/)])
  })

  it('may have sequences; what is wrong with those is told, file by file', async () => {
    expect(await readSequences([], join(folder, 'good'))).toEqual({ sequences: [], problems: [] })
    const sequences = join(folder, 'chained', 'sequences')
    await mkdir(join(sequences, 'folder.yml'), { recursive: true })
    await writeFile(join(sequences, 'half.yml'), 'id: half\nkind: sequence\n')
    await writeFile(join(sequences, 'README.md'), '# not a sequence')
    const { sequences: read, problems } = await readSequences([], join(folder, 'chained'))
    expect(read).toEqual([])
    const told = problems.map(({ file, message }) => `${file.slice(sequences.length)}: ${message}`)
    expect(told).toContainEqual(expect.stringMatching(/^\/folder\.yml: cannot be read: it is a folder/))
    expect(told).toContainEqual(expect.stringMatching(/^\/half\.yml: missing/))
  })

  it('have settings', async () => {
    expect(await loadSettings(undefined)).toBe(EMPTY_SETTINGS)
    expect((await loadSettings(join(folder, 'settings.yml'))).environment.account).toBe('111122223333')
    await expect(loadSettings(join(folder, 'bad-settings.yml'))).rejects.toThrow(/account: expected a 12-digit account/)
    await expect(loadSettings(join(folder, 'none.yml'))).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
  })
})
