import type { Context } from 'aws-lambda'
import { createS3Client } from '../aws/clients.ts'
import { createResultBucket } from '../aws/result-bucket.ts'
import { createS3ObjectStore } from '../aws/s3.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { createPartFunction, type PartAnswer } from '../replay/part-function.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/**
 * The function `replay-part` over AWS. Where results are written, and its version, stand in its environment.
 *
 * @throws BucketwatchError CONFIG_INVALID where they do not.
 */
export function createAwsReplayPart(
  env: NodeJS.ProcessEnv = process.env,
): (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<PartAnswer> {
  const logger = createQuietLogger()
  const client = createS3Client()
  const readParts = createPartFunction({
    results: createResultBucket({
      client,
      bucket: given(env, 'BUCKETWATCH_RESULTS_BUCKET'),
      prefix: env.BUCKETWATCH_RESULTS_PREFIX ?? '',
    }),
    store: createS3ObjectStore({ client, log: operatorLog(logger) }),
    madeBy: given(env, 'BUCKETWATCH_VERSION'),
  })
  return async (event, context) => {
    try {
      return await readParts(event, () => context.getRemainingTimeInMillis())
    } catch (error) {
      logger.error('A batch of a replay failed.', { error })
      throw named(error)
    }
  }
}

function given(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] ?? ''
  if (value === '') throw new BucketwatchError('CONFIG_INVALID', `${name} is not set.`, { problems: [name] })
  return value
}

/** Step Functions retries by the name of an error, and shows it: its code. */
function named(error: unknown): unknown {
  if (!(error instanceof BucketwatchError)) return error
  return Object.assign(new Error(error.message, { cause: error }), { name: error.code })
}
