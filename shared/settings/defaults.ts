/**
 * How a forwarder works where no variable says otherwise. Beside the reader of variables (config.ts), so that who needs
 * nothing but this, such as a thread that replays, loads no schemas.
 */
const MiB = 1024 * 1024
const NAMES: readonly string[] = []

/** The stage where none is named; part of the names of log groups. */
export const DEFAULT_STAGE = 'dev'

/**
 * A stage is part of the names of a stack (letters, digits, hyphens), of functions (64 characters with ours) and of log
 * groups. Every place that takes one takes this.
 */
export const STAGE_NAME = /^[A-Za-z][A-Za-z0-9-]{0,31}$/

/**
 * What `readConfig({})` gives.
 *
 * @example
 * createReaders({ environment, detail: 'lean', capBytes: DEFAULT_CONFIG.capBytes, now: Date.now })
 */
export const DEFAULT_CONFIG = {
  stage: DEFAULT_STAGE,
  logGroupPrefix: `/bucketwatch/${DEFAULT_STAGE}`,
  detail: 'lean',
  capBytes: 8192,
  timestamp: 'processing',
  maxInflatedBytes: 8192 * MiB,
  maxRecordBytes: 4 * MiB,
  maxInFlight: 4,
  handOverSeconds: 15,
  retrySeconds: 10,
  stateTable: undefined,
  queueUrl: undefined,
  includeEventNames: NAMES,
  excludeEventNames: NAMES,
  excludeReadOnlyData: false,
  excludeAwsService: 'none',
  forward: 'all',
  hitRulesFile: undefined,
  hitsQueueUrl: undefined,
  maximumConcurrency: 10,
  canaryBucket: undefined,
  ownRoles: NAMES,
  settingsFile: undefined,
} as const
