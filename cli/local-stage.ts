/** How local runs are configured; loaded where there is one, since it checks all variables. */
import { readConfig } from '../shared/settings/config.ts'
import type { Io } from './io.ts'

/** The stage of local runs, where nothing names one. */
const DEFAULT_STAGE = 'local'

/**
 * How the functions are configured in a local run with this environment.
 *
 * @throws BucketwatchError CONFIG_INVALID
 */
export const localConfig = (env: Io['env']) => readConfig({ BUCKETWATCH_STAGE: DEFAULT_STAGE, ...env })

/** The stage of a local run with this environment. */
export const localStage = (env: Io['env']): string => localConfig(env).stage
