import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { importsOf } from './related.ts'

/** What tests read and no import names: samples, detections, templates, snapshots, pages. */
const DATA = ['{docs,events,infra,templates,test}/**/*', '*.{json,yml,md}']
const isData = (file: string) =>
  !file.endsWith('.ts') && !file.startsWith('test/mutate/') && path.extname(file) !== '.html'

/** Hashes of source files, and of all that they import. */
export interface Sources {
  /** Of these files and all that they import, and of the data that tests read. */
  hash(files: readonly string[]): string
  /** Of the file itself, and of the tests with what they import of `test/`. */
  hashOfTests(file: string, tests: readonly string[]): string
  /** Whether the test, or what it imports of `test/`, runs code outside its own process. */
  startsProcesses(test: string): boolean
}

/** Reads everything now: what changes later is not what was tried. */
export function createSources(root: string, files: readonly string[]): Sources {
  const digest = (parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 24)
  const textHash = (file: string) => digest([readFileSync(path.join(root, file), 'latin1')])
  const texts = new Map(files.map((file) => [file, textHash(file)]))
  const data = digest(dataFiles(root).map((file) => `${file} ${textHash(file)}`))
  const imports = new Map(files.map((file) => [file, importsOf(root, file).filter((target) => texts.has(target))]))
  const reach = (from: readonly string[], follow: (file: string) => boolean): string[] => {
    const seen = new Set(from)
    for (const file of seen) for (const target of imports.get(file) ?? []) if (follow(target)) seen.add(target)
    return [...seen].sort()
  }
  const hashes = new Map<string, string>()
  const once = (key: string, compute: () => string): string => {
    const value = hashes.get(key) ?? compute()
    hashes.set(key, value)
    return value
  }
  const hashAll = (all: readonly string[]) => digest(all.map((file) => `${file} ${texts.get(file)}`))
  const inTest = (target: string) => target.startsWith('test/')
  const starts = (file: string) =>
    /'node:(?:child_process|worker_threads)'/.test(readFileSync(path.join(root, file), 'utf8'))
  const starting = new Set(files.filter((file) => inTest(file) && starts(file)))
  return {
    startsProcesses: (test) => reach([test], inTest).some((file) => starting.has(file)),
    hash: (from) => once(from.join(), () => digest([data, hashAll(reach(from, () => true))])),
    hashOfTests: (file, tests) => digest([texts.get(file)!, hashAll(reach(tests, inTest))]),
  }
}

const dataFiles = (root: string): string[] =>
  globSync(DATA, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter(isData)
    .sort()
