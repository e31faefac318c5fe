/** One function instance of which only what is measured is real: objects come from memory, batches go nowhere. */
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { createPipeline, type PipelineOptions } from '../shared/forward/pipeline.ts'
import { readConfig } from '../shared/settings/config.ts'
import { NOWHERE, QUIET } from './nowhere.ts'

/**
 * @param body of the object at hand.
 * @example
 * await benchInstance(() => gzipSync(text), { state }).process({ bucket: 'amzn-s3-demo-bucket', key: 'bench.json.gz' })
 */
export function benchInstance(body: () => Uint8Array, given: Partial<PipelineOptions>) {
  return createPipeline({
    functionName: 'bench',
    instanceId: 'bench',
    config: readConfig({}),
    environment: EMPTY_ENVIRONMENT,
    store: {
      open: async () => ({
        body: (async function* () {
          yield body()
        })(),
      }),
    },
    logs: NOWHERE,
    now: Date.now,
    sleep: async () => {},
    random: Math.random,
    log: QUIET,
    ...given,
  })
}
