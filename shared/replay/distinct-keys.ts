/** Which entities have too few different keys to come to a threshold of them, in any window. */
import { emptySample, joinText, type KeySample, keysIn } from '../incident/key-sample.ts'
import { type Held, nameOfCount } from './held.ts'

/** Entities that are followed; of others it is not known. */
const MAX_ENTITIES = 2_048
/** What a sample of so many keys tells is off by some 2 %. */
const SURELY = 0.8

export interface DistinctKeys {
  /** @param line the number by which `few` names it. */
  add(held: Held, threshold: number, line: number): void
  /** Lines of those entities. */
  few(): ReadonlySet<number>
}

interface Entity {
  /** Undefined: it has many. */
  sample: KeySample | undefined
  lines: number[]
}

/**
 * The same keys come again in object after object, so that their sums tell little. All keys of an entity together are at
 * least as many as those of any window.
 *
 * @example
 * const distinct = createDistinctKeys(); distinct.add(held, 4000, line); distinct.few().has(line)
 */
export function createDistinctKeys(): DistinctKeys {
  const entities = new Map<string, Entity>()

  function entityOf(name: string): Entity | undefined {
    const known = entities.get(name)
    if (known !== undefined || entities.size === MAX_ENTITIES) return known
    const entity = { sample: emptySample(), lines: [] }
    entities.set(name, entity)
    return entity
  }

  return {
    add({ rule, entity: of, keys = '' }, threshold, line) {
      const entity = entityOf(nameOfCount(rule, of))
      if (entity?.sample === undefined) return
      const { sample, lines } = entity
      joinText(sample, keys)
      lines.push(line)
      if (keysIn(sample) < SURELY * threshold) return
      entity.sample = undefined
      entity.lines = []
    },
    few: () => new Set([...entities.values()].flatMap(({ lines }) => lines)),
  }
}
