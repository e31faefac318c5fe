import { createHash } from 'node:crypto'
import type { Mutation } from './operators.ts'

/** About one mutation for so many lines of a file, at least one a file. */
const LINES_PER_MUTATION = 60

/**
 * The mutations of a file that are tried: always the same ones for the same lines, whatever else moves, since each is
 * drawn by the hash of what it says. At most one a line, and no operator more than a third (at least one).
 */
export function selectMutations(all: readonly Mutation[], lines: number, seed: number): Mutation[] {
  const count = Math.max(1, Math.round(lines / LINES_PER_MUTATION))
  const drawn = all
    .map((mutation) => ({ mutation, rank: rank(mutation, seed) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const used = new Map<string, number>()
  const taken: Mutation[] = []
  for (const { mutation } of drawn) {
    if (taken.length === count) break
    const times = used.get(mutation.operator) ?? 0
    if (times >= Math.ceil(count / 3) || taken.some(({ line }) => line === mutation.line)) continue
    used.set(mutation.operator, times + 1)
    taken.push(mutation)
  }
  return taken.sort((a, b) => a.start - b.start)
}

/** Every n-th of the whole list, by hash: the same ones for the same number. */
export function sampleMutations(list: readonly Mutation[], count: number, seed: number): Mutation[] {
  const drawn = [...list].sort((a, b) => (rank(a, seed) < rank(b, seed) ? -1 : 1)).slice(0, count)
  return list.filter((mutation) => drawn.includes(mutation))
}

const rank = ({ file, operator, before, after }: Mutation, seed: number): string =>
  createHash('sha256')
    .update(JSON.stringify([seed, file, operator, before, after]))
    .digest('hex')
