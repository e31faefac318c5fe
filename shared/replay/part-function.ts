/** What the function `replay-part` does: reads the units of a batch, and writes what each said. */
import { isObject } from '../basics/is-object.ts'
import { BucketwatchError, type ERROR_CODES, errorMessage } from '../contracts/errors.ts'
import type { ObjectStore } from '../contracts/ports.ts'
import { createCollector } from './collect.ts'
import { type PartItem, partFile, partlyFile, type Question, type ResultStore, readUnit } from './distributed.ts'
import { isWhole, packPart } from './parts.ts'
import type { CollectOptions, ReplayObject } from './unit.ts'

/** A batch as the Distributed Map gives it. */
export interface PartBatch {
  /** The job's folder in the bucket of results. */
  readonly folder: string
  readonly items: readonly PartItem[]
}

/** What became of a batch; small, since Step Functions keeps it. */
export interface PartAnswer {
  readonly read: number
  /** Parts that were there. */
  readonly found: number
}

/** Units that are read at once, so that one is worked on while objects of another are opened. */
const LANES = 3
/** With less than this left, no unit is begun: the next attempt reads the rest. ms */
const SPARE_MS = 120_000

/**
 * Makes the function. An attempt after a failed one reads what is not there yet; a part has one name, so that reading
 * twice is the same as once.
 *
 * @param given.madeBy this version.
 * @throws (its promises) BucketwatchError REPLAY_PARTIAL for what is no batch, or of another version; TIME_UP; and, once
 * all else of the batch is written, OBJECT_READ where an object could not be read for a reason that may pass.
 * @example
 * const readParts = createPartFunction({ results, store, madeBy: '0.2.0' }); await readParts(event, () => 900_000)
 */
export function createPartFunction(given: {
  readonly results: ResultStore
  readonly store: ObjectStore
  readonly madeBy: string
}): (event: unknown, remainingMs: () => number) => Promise<PartAnswer> {
  const { results, store, madeBy } = given
  let known: { readonly folder: string; readonly collect: CollectOptions } | undefined

  async function collectOf(folder: string): Promise<CollectOptions> {
    if (known?.folder !== folder) known = { folder, collect: await question(folder) }
    return known.collect
  }

  async function question(folder: string): Promise<CollectOptions> {
    const { madeBy: by, collect } = readQuestion(await need(`${folder}/question.json`))
    if (by === madeBy) return collect
    throw new BucketwatchError(
      'REPLAY_PARTIAL',
      `${folder} was made by bucketwatch ${by}, and this function is of ${madeBy}: deploy the same version.`,
    )
  }

  async function need(name: string, range?: { readonly from: number; readonly length: number }): Promise<string> {
    const bytes = await results.get(name, range)
    if (bytes === undefined) throw new BucketwatchError('REPLAY_PARTIAL', `${name} is not there.`)
    return Buffer.from(bytes).toString('utf8')
  }

  return async (event, remainingMs) => {
    const { folder, items } = readBatch(event)
    const collect = await collectOf(folder)
    const left = [...items]
    const troubles: string[] = []
    let found = 0

    async function lane(): Promise<void> {
      const collector = createCollector(collect, store)
      for (let item = left.shift(); item !== undefined; item = left.shift()) {
        if (remainingMs() < SPARE_MS)
          throw new BucketwatchError('TIME_UP', `${left.length + 1} of ${items.length} units are left.`)
        if (await results.has(partFile(item.name))) found += 1
        else await write(item, await collector.collect(await unitOf(item)))
      }
    }

    const unitOf = async (item: PartItem): Promise<ReplayObject[]> =>
      readUnit(await need(`${folder}/${item.file}`, item))

    async function write(
      item: PartItem,
      collected: Awaited<ReturnType<ReturnType<typeof createCollector>['collect']>>,
    ) {
      const { partial } = collected
      await results.put(isWhole(partial) ? partFile(item.name) : partlyFile(item.name), await packPart(collected))
      for (const [code, , examples] of partial.problems) if (MAY_PASS.has(code)) troubles.push(...examples)
    }

    const lanes = await Promise.allSettled(Array.from({ length: Math.min(LANES, items.length) }, lane))
    const failed = lanes.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    if (troubles.length > 0) throw new BucketwatchError('OBJECT_READ', troubles.slice(0, 5).join('; '))
    return { read: items.length - found, found }
  }
}

/** Another attempt soon may read them; what is refused or archived stays so. */
const MAY_PASS: ReadonlySet<keyof typeof ERROR_CODES> = new Set(['OBJECT_READ', 'INTERNAL'])

/**
 * @throws BucketwatchError REPLAY_PARTIAL
 * @example
 * readBatch({ BatchInput: { folder: 'jobs/0f' }, Items: [{ name, file: 'units-0.jsonl', from: 0, length: 120 }] })
 */
export function readBatch(event: unknown): PartBatch {
  const { BatchInput: input, Items: items } = isObject(event) ? event : {}
  const folder = isObject(input) ? input.folder : undefined
  if (typeof folder !== 'string' || !Array.isArray(items) || items.length === 0 || !items.every(isItem))
    throw new BucketwatchError('REPLAY_PARTIAL', 'The event is no batch of a Distributed Map.')
  return { folder, items }
}

const isItem = (value: unknown): value is PartItem =>
  isObject(value) &&
  typeof value.name === 'string' &&
  typeof value.file === 'string' &&
  typeof value.from === 'number' &&
  typeof value.length === 'number'

function readQuestion(text: string): Question {
  try {
    const parsed: unknown = JSON.parse(text)
    if (isObject(parsed) && parsed.kind === 'replay-question' && parsed.version === 1)
      return parsed as unknown as Question
    throw new Error('it is no question of a replay')
  } catch (error) {
    throw new BucketwatchError('REPLAY_PARTIAL', `question.json: ${errorMessage(error)}.`, {}, { cause: error })
  }
}
