/** One function instance of which only what is measured is real: objects are given, batches go nowhere. */
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { createPipeline, type PipelineOptions } from '../shared/forward/pipeline.ts'
import { readConfig } from '../shared/settings/config.ts'
import { NOWHERE, QUIET } from './nowhere.ts'

/** A store with one object: what is at hand when it is opened. */
export const storeOf = (body: () => Uint8Array): PipelineOptions['store'] => ({
  open: async () => ({
    body: (async function* () {
      yield body()
    })(),
  }),
})

/**
 * @param given the store, and what is not as usual.
 * @example
 * await benchInstance({ store: storeOf(() => gzipSync(text)), state }).process({ bucket: 'amzn-s3-demo-bucket', key: 'bench.json.gz' })
 */
export function benchInstance(given: Pick<PipelineOptions, 'store'> & Partial<PipelineOptions>) {
  return createPipeline({
    functionName: 'bench',
    instanceId: 'bench',
    config: readConfig({}),
    environment: EMPTY_ENVIRONMENT,
    logs: NOWHERE,
    now: Date.now,
    sleep: async () => {},
    random: Math.random,
    log: QUIET,
    ...given,
  })
}
