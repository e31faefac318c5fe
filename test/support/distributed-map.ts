/**
 * Runs a state machine that is one Distributed Map over items of a JSON Lines object, as Step Functions does: items into
 * batches, a child for each, its task with its retries (without waiting), expressions by JSONata.
 *
 * aws: Step Functions Developer Guide, "ItemReader (Map)", "ItemBatcher (Map)", "Error handling".
 */
import jsonata from 'jsonata'

interface Retrier {
  readonly ErrorEquals: readonly string[]
  readonly MaxAttempts?: number
}

/** As infra/replay.ts writes it. */
export interface MapMachine {
  readonly StartAt: string
  readonly States: Readonly<Record<string, MapState>>
}
interface MapState {
  readonly ItemReader: { readonly ReaderConfig: { readonly InputType: string }; readonly Arguments: object }
  readonly ItemBatcher: { readonly MaxItemsPerBatch: number; readonly BatchInput: object }
  readonly ItemProcessor: { readonly StartAt: string; readonly States: Readonly<Record<string, TaskState>> }
}
interface TaskState {
  readonly Arguments: object
  readonly Output: unknown
  readonly Retry: readonly Retrier[]
}

export interface MapOutcome {
  /** What children said that succeeded. */
  readonly succeeded: readonly unknown[]
  readonly failed: readonly { readonly name: string; readonly input: unknown }[]
  /** Calls of the task. */
  readonly calls: number
}

/** Runs it. */
export async function runMap(
  machine: MapMachine,
  given: {
    readonly input: object
    readonly getObject: (place: { readonly Bucket: string; readonly Key: string }) => Promise<string>
    readonly invoke: (payload: unknown) => Promise<unknown>
  },
): Promise<MapOutcome> {
  const map = machine.States[machine.StartAt]!
  if (map.ItemReader.ReaderConfig.InputType !== 'JSONL') throw new Error('not JSON Lines')
  const place = (await evaluated(map.ItemReader.Arguments, { input: given.input })) as { Bucket: string; Key: string }
  const items = (await given.getObject(place))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
  const BatchInput = await evaluated(map.ItemBatcher.BatchInput, { input: given.input })
  const task = map.ItemProcessor.States[map.ItemProcessor.StartAt]!
  const succeeded: unknown[] = []
  const failed: { name: string; input: unknown }[] = []
  let calls = 0
  for (let at = 0; at < items.length; at += map.ItemBatcher.MaxItemsPerBatch) {
    const input = { Items: items.slice(at, at + map.ItemBatcher.MaxItemsPerBatch), BatchInput }
    const { Payload } = (await evaluated(task.Arguments, { input })) as { Payload: unknown }
    const attempts = new Map<Retrier, number>()
    for (;;) {
      calls += 1
      try {
        const result = { Payload: plain(await given.invoke(plain(Payload))) }
        succeeded.push(await evaluated(task.Output, { input, result }))
        break
      } catch (error) {
        const { name } = error as Error
        const retrier = task.Retry.find(({ ErrorEquals: of }) => of.includes(name) || of.includes('States.ALL'))
        const made = retrier === undefined ? Number.POSITIVE_INFINITY : (attempts.get(retrier) ?? 0)
        if (retrier === undefined || made >= (retrier.MaxAttempts ?? 3)) {
          failed.push({ name, input })
          break
        }
        attempts.set(retrier, made + 1)
      }
    }
  }
  return { succeeded, failed, calls }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function evaluated(value: unknown, states: object): Promise<unknown> {
  if (typeof value === 'string') {
    const [, expression] = /^\{%(.*)%\}$/s.exec(value) ?? []
    return expression === undefined ? value : plain(await jsonata(expression).evaluate({}, { states }))
  }
  if (Array.isArray(value)) return Promise.all(value.map((one) => evaluated(one, states)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([key, one]) => [key, await evaluated(one, states)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** A bucket in memory, below a prefix. */
export function memoryResults(bodies = new Map<string, Uint8Array>()) {
  return {
    bodies,
    async get(name: string, range?: { readonly from: number; readonly length: number }) {
      const body = bodies.get(name)
      return range === undefined ? body : body?.subarray(range.from, range.from + range.length)
    },
    async put(name: string, bytes: Uint8Array) {
      bodies.set(name, Buffer.from(bytes))
    },
    has: async (name: string) => bodies.has(name),
    async *names(prefix: string) {
      yield* [...bodies.keys()].filter((name) => name.startsWith(prefix))
    },
  }
}
