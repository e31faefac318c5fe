import { type CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { EventHistory } from '../contracts/event-history.ts'
import { callAws } from './admin-clients.ts'
import { isThrottling, readAwsError } from './failure.ts'

/** aws: LookupEvents, MaxResults. */
const PAGE = 50

/**
 * Event history of the client's account and Region.
 *
 * @param options.client made without retries on throttling being counted on: the reader paces itself.
 * @example
 * const history = createEventHistory({ client: new CloudTrailClient({ region: 'eu-central-1' }) })
 */
export function createEventHistory({ client }: { readonly client: Pick<CloudTrailClient, 'send'> }): EventHistory {
  return {
    async lookup({ from, until, nextToken }) {
      try {
        const page = await client.send(
          new LookupEventsCommand({
            StartTime: new Date(from),
            EndTime: new Date(until),
            MaxResults: PAGE,
            ...(nextToken === undefined ? {} : { NextToken: nextToken }),
          }),
        )
        const events = (page.Events ?? []).map(({ EventId, EventTime, CloudTrailEvent }, index) => ({
          id: EventId ?? `without-id-${nextToken ?? ''}-${index}`,
          time: EventTime?.getTime() ?? from,
          record: CloudTrailEvent,
        }))
        return { kind: 'page', events, nextToken: page.NextToken }
      } catch (error) {
        const failure = readAwsError(error)
        if (isThrottling(failure)) return { kind: 'throttled' }
        if (failure.name === 'InvalidNextTokenException') return { kind: 'staleToken' }
        return callAws('cloudtrail:LookupEvents', () => Promise.reject(error))
      }
    },
  }
}
