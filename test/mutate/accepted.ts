import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Mutation } from './operators.ts'

/** A survivor that is explained: found by its file and its line before and after, since line numbers move. */
export interface Explanation {
  readonly file: string
  readonly before: string
  readonly after: string
  /** `equivalent`: nothing behaves differently, so it is not counted. `accepted`: it is counted as a survivor. */
  readonly verdict: 'equivalent' | 'accepted'
  readonly why: string
}

export const readExplanations = (): Explanation[] =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'survivors.json'), 'utf8')) as Explanation[]

export const explains = (explanation: Explanation, mutation: Mutation): boolean =>
  explanation.file === mutation.file && explanation.before === mutation.before && explanation.after === mutation.after

/** Explanations of what can no longer happen: their line is gone or cannot be changed that way. */
export const staleExplanations = (list: readonly Explanation[], possible: readonly Mutation[]): Explanation[] =>
  list.filter((explanation) => !possible.some((mutation) => explains(explanation, mutation)))
