/** Open incidents in DynamoDB, beside the idempotency's items in the same table. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { IncidentStore } from '../contracts/ports.ts'

/** An incident that nobody closes is forgotten after this. */
const KEPT_SECONDS = 14 * 86_400

/**
 * The IncidentStore over a DynamoDB table with the key `id` and the time to live `expiration` (seconds), as powertools'
 * idempotency has it. An item is `bucketwatch-incident#<alarm ARN>`, with `startedAt` in milliseconds.
 *
 * Needs dynamodb:GetItem, PutItem and DeleteItem, which the idempotency needs anyway.
 *
 * @example
 * const incidents = createDynamoIncidents({ client, tableName, now: Date.now })
 */
export function createDynamoIncidents(options: {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly now: () => number
}): IncidentStore {
  const { client, tableName: TableName, now } = options
  const key = (alarmArn: string) => ({ id: { S: `bucketwatch-incident#${alarmArn}` } })
  return {
    async open(alarmArn, startedAt) {
      const expiration = Math.ceil(now() / 1000) + KEPT_SECONDS
      const Item = { ...key(alarmArn), startedAt: { N: String(startedAt) }, expiration: { N: String(expiration) } }
      await client.send(new PutItemCommand({ TableName, Item }))
    },
    async find(alarmArn) {
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: key(alarmArn), ConsistentRead: true }))
      const startedAt = Number(Item?.startedAt?.N)
      return Number.isFinite(startedAt) ? startedAt : undefined
    },
    async close(alarmArn, startedAt) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName,
            Key: key(alarmArn),
            ConditionExpression: 'startedAt = :startedAt',
            ExpressionAttributeValues: { ':startedAt': { N: String(startedAt) } },
          }),
        )
      } catch (error) {
        // It went on again meanwhile, or is closed already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },
  }
}
