import { Logger } from '@aws-lambda-powertools/logger'
import { visibleLine } from '../alert/safe-text.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { redactSecrets } from '../derive/redact.ts'

/**
 * The functions' own logger: warnings and errors only, unless POWERTOOLS_LOG_LEVEL says otherwise, because a function's
 * own logs are paid for like any others. What strangers wrote stands in it visibly, and without secrets.
 */
export function createQuietLogger(): Logger {
  const level = process.env.POWERTOOLS_LOG_LEVEL ?? process.env.AWS_LAMBDA_LOG_LEVEL
  return new Logger({
    serviceName: 'bucketwatch',
    jsonReplacerFn: (_, value) => (typeof value === 'string' ? visibleLine(redactSecrets(value)) : value),
    ...(level === undefined && { logLevel: 'WARN' }),
  })
}

/** Powertools' Logger as the log that the pure code knows. */
export function operatorLog(logger: Logger): OperatorLog {
  return {
    debug: (message, extra) => logger.debug(message, { ...extra }),
    info: (message, extra) => logger.info(message, { ...extra }),
    warn: (message, extra) => logger.warn(message, { ...extra }),
    error: (message, extra) => logger.error(message, { ...extra }),
  }
}
