import { readFileSync } from 'node:fs'
import path from 'node:path'

/** For each file, the tests that reach it through imports, with how many steps away they are. */
export type Related = ReadonlyMap<string, ReadonlyMap<string, number>>

/** Reads the imports of all files (paths in the project) and follows them back from each file to the tests. */
export function relatedTests(root: string, files: readonly string[]): Related {
  const importers = new Map<string, string[]>()
  for (const file of files) {
    for (const target of importsOf(root, file)) importers.set(target, [...(importers.get(target) ?? []), file])
  }
  return new Map(files.map((file) => [file, testsAbove(file, importers)]))
}

/** The files of the project that a file imports. */
export function importsOf(root: string, file: string): string[] {
  const source = readFileSync(path.join(root, file), 'utf8')
  const specifiers = source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier]) => path.posix.join(path.posix.dirname(file), specifier!))
}

function testsAbove(file: string, importers: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const steps = new Map([[file, 0]])
  for (const [at, distance] of steps) {
    for (const importer of importers.get(at) ?? []) if (!steps.has(importer)) steps.set(importer, distance + 1)
  }
  return new Map([...steps].filter(([name]) => name.endsWith('.test.ts')))
}

/**
 * The tests of a file in two helpings: first those of its own room that reach it (where there are none, those that import
 * it), then all others that reach it, the nearest first. Most mutations are noticed by the first.
 */
export function helpings(file: string, related: Related): [near: string[], far: string[]] {
  const room = `test/${path.posix.dirname(file).replace(/^shared\//, '')}/`
  const tests = [...(related.get(file) ?? [])].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
  const own = tests.filter(([test]) => test.startsWith(room))
  const near = own.length > 0 ? own : tests.filter(([, distance]) => distance === 1)
  return [near.map(([test]) => test), tests.filter((each) => !near.includes(each)).map(([test]) => test)]
}
