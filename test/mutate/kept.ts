import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Mutation } from './operators.ts'
import type { Sources } from './sources.ts'

/** What became of a mutation. */
export interface Outcome {
  readonly noticed: boolean
  /** What noticed it: a test, or that nothing came to an end. */
  readonly by?: string
  /** The file of that test. */
  readonly test?: string
  readonly seconds: number
}

/** What earlier runs found, so that a run tries only what has changed since. */
export interface Kept {
  /** By {@link nameMutations}; `sources` are those that the outcome holds for. */
  readonly outcomes: Record<string, Outcome & { readonly sources: string }>
  /**
   * Test files that were green as they are: for which sources, how long they took, and which mutations they come by.
   * Without `ran` that is not known.
   */
  readonly tests: Record<string, { readonly sources: string; readonly ms: number; readonly ran?: readonly string[] }>
}

export function loadKept(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept
  } catch {
    // None yet, or one that a killed run left half: begin anew.
    return { outcomes: {}, tests: {} }
  }
}

export function saveKept(file: string, kept: Kept): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(kept))
  renameSync(`${file}.new`, file)
}

/** A name for each mutation that stays when lines move: what it says, and the how many-th in the file that says so. */
export function nameMutations(list: readonly Mutation[]): Map<Mutation, string> {
  const times = new Map<string, number>()
  return new Map(
    list.map((mutation) => {
      const { file, operator, before, after } = mutation
      const said = createHash('sha256')
        .update(JSON.stringify([file, operator, before, after]))
        .digest('hex')
        .slice(0, 24)
      times.set(said, (times.get(said) ?? 0) + 1)
      return [mutation, `${said}-${times.get(said)}`]
    }),
  )
}

/**
 * The sources that an outcome holds for, as a hash. Noticed: the mutated file, and all that the noticing test reads.
 * Survived: the mutated file and the tests that reach it with their helpers, and not the rest of the code: should a
 * change there make a test notice it, a kept survivor makes the share smaller than it is, never larger.
 */
export function sourcesOf(
  outcome: Pick<Outcome, 'noticed' | 'test'>,
  file: string,
  reaching: readonly string[],
  sources: Sources,
): string {
  if (outcome.noticed) return sources.hash([file, ...(outcome.test === undefined ? reaching : [outcome.test])])
  return sources.hashOfTests(file, reaching)
}
