import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { createDynamoIncidents } from '../../shared/aws/incidents.ts'
import { createMemoryIncidents } from '../../shared/lambda/alert-memory.ts'
import { incidentStoreSuite } from './incident-store.suite.ts'

/** A table with the key `id`, and the one condition that is asked. */
function fakeTable() {
  const items = new Map<string | undefined, NonNullable<PutItemCommandInput['Item']>>()
  const client = new DynamoDBClient({ region: 'eu-central-1' })
  const mock = mockClient(client)
  mock.on(PutItemCommand).callsFake(({ Item }: PutItemCommandInput) => {
    items.set(Item?.id?.S, Item ?? {})
    return {}
  })
  mock.on(GetItemCommand).callsFake(({ Key }: GetItemCommandInput) => ({ Item: items.get(Key?.id?.S) }))
  mock
    .on(DeleteItemCommand)
    .callsFake(({ Key, ConditionExpression, ExpressionAttributeValues }: DeleteItemCommandInput) => {
      expect(ConditionExpression).toBe('startedAt = :startedAt')
      if (items.get(Key?.id?.S)?.startedAt?.N !== ExpressionAttributeValues?.[':startedAt']?.N) {
        throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} })
      }
      items.delete(Key?.id?.S)
      return {}
    })
  return { client, items }
}

describe('in memory', () => incidentStoreSuite(createMemoryIncidents))

describe('in DynamoDB', () => {
  incidentStoreSuite(() => createDynamoIncidents({ client: fakeTable().client, tableName: 't', now: () => 0 }))

  test('beside the idempotency, with its key and its time to live', async () => {
    const { client, items } = fakeTable()
    await createDynamoIncidents({ client, tableName: 't', now: () => 1_000_500 }).open('arn', 7)
    expect([...items.values()]).toEqual([
      { id: { S: 'bucketwatch-incident#arn' }, startedAt: { N: '7' }, expiration: { N: String(1001 + 14 * 86_400) } },
    ])
  })

  test('other failures are thrown', async () => {
    const client = new DynamoDBClient({ region: 'eu-central-1' })
    mockClient(client).rejects(new Error('the table is gone'))
    const store = createDynamoIncidents({ client, tableName: 't', now: () => 0 })
    await expect(store.close('arn', 7)).rejects.toThrow('the table is gone')
    await expect(store.find('arn')).rejects.toThrow('the table is gone')
  })
})
