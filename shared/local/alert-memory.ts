/** The alert function's surroundings in memory, for the local run and tests. */
import type { AlertMessage, AlertPublisher, LogEvent, LogSearch } from '../contracts/ports.ts'

/** A publisher that keeps what it gets. */
export interface MemoryPublisher extends AlertPublisher {
  readonly messages: readonly AlertMessage[]
}

/** @param faults errors that the first calls throw, in order; undefined: that call succeeds. */
export function createMemoryPublisher(faults: readonly (Error | undefined)[] = []): MemoryPublisher {
  const messages: AlertMessage[] = []
  const left = [...faults]
  return {
    messages,
    async publish(message) {
      const fault = left.shift()
      if (fault !== undefined) throw fault
      messages.push(message)
    },
  }
}

/**
 * A LogSearch over log events that somebody reads: `read` gives those of a group, by timestamp. It returns all events of
 * the time asked for, whatever the pattern, as some emulators do: the caller looks again anyway.
 *
 * @example
 * createLogSearchOver((name) => readLogEvents('.bucketwatch', name))
 */
export function createLogSearchOver(
  read: (logGroupName: string) => Promise<readonly LogEvent[]> | readonly LogEvent[],
  pageSize = 1000,
): LogSearch {
  return {
    async *filterLogEvents({ logGroupName, startTime, endTime, signal }) {
      const events = (await read(logGroupName)).filter(
        ({ timestamp }) => timestamp >= startTime && timestamp <= endTime,
      )
      for (let start = 0; start < events.length && signal?.aborted !== true; start += pageSize) {
        yield events.slice(start, start + pageSize)
      }
    },
  }
}
