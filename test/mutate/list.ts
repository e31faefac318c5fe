import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Mutation, mutationsOf } from './operators.ts'
import { selectMutations } from './select.ts'

export const SEED = 20_260_317
export const MUTATED = ['shared/**/*.ts', 'functions/*.ts']

export const filesOf = (root: string, patterns: readonly string[]): string[] =>
  globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort()

/** All mutations that are possible, and those of them that are tried. */
export function listMutations(root: string, seed: number): { possible: Mutation[]; drawn: Mutation[] } {
  const possible: Mutation[] = []
  const drawn: Mutation[] = []
  for (const file of filesOf(root, MUTATED)) {
    const source = readFileSync(path.join(root, file), 'utf8')
    const mutations = mutationsOf(file, source)
    possible.push(...mutations)
    drawn.push(...selectMutations(mutations, source.split('\n').length, seed))
  }
  return { possible, drawn }
}
