/** The state in a DynamoDB table. */
import {
  type AttributeValue,
  type CancellationReason,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  type StateCondition,
  StateError,
  type StateFailure,
  type StateItem,
  type StateStore,
  type StateValue,
  type StateWrite,
} from '../contracts/state.ts'
import { isDenied, isOutage, isThrottling, readAwsError } from './failure.ts'

type Attributes = Record<string, AttributeValue>

/** The names that the table has. The expiration is in seconds since the epoch, rounded up. */
const KEY = 'id'
const EXPIRATION = 'expiration'

/**
 * The StateStore over a DynamoDB table with the key `id` and the time to live `expiration`. Reads are strongly
 * consistent. DynamoDB removes expired items days later; until then they are taken for absent, and cleared away when
 * they are written to.
 *
 * One write costs one request, and one write unit a KB of the item; of a condition that does not hold, too. A
 * transaction costs twice that.
 *
 * Needs dynamodb:GetItem, UpdateItem, DeleteItem (transactions need no more).
 *
 * Sources: DynamoDB API Reference, "UpdateItem", "TransactWriteItems"; Developer Guide, "Condition expressions".
 *
 * @throws StateError only.
 * @example
 * const state = createDynamoState({ client: createDynamoClient(), tableName, now: Date.now })
 */
export function createDynamoState(options: {
  readonly client: DynamoDBClient
  readonly tableName: string
  readonly now: () => number
}): StateStore {
  const { client, tableName: TableName, now } = options
  const nowSeconds = () => Math.floor(now() / 1000)
  const isLive = (item: Attributes | undefined) => item !== undefined && Number(item[EXPIRATION]?.N) > nowSeconds()

  async function clearAway(key: string, expired: Attributes): Promise<void> {
    try {
      await client.send(
        new DeleteItemCommand({
          TableName,
          Key: keyOf(key),
          ConditionExpression: '#e = :e',
          ExpressionAttributeNames: { '#e': EXPIRATION },
          ExpressionAttributeValues: { ':e': expired[EXPIRATION] ?? { N: '0' } },
        }),
      )
    } catch (error) {
      // Somebody else has cleared it away, and written anew.
      if (readAwsError(error).name !== 'ConditionalCheckFailedException') throw error
    }
  }

  /** Tries again once where the condition did not hold only because an expired item is still there. */
  async function attempt<T>(key: string, call: () => Promise<T>): Promise<T> {
    for (let cleared = false; ; cleared = true) {
      try {
        return await call()
      } catch (error) {
        const { Item: item } = error as { Item?: Attributes }
        if (readAwsError(error).name !== 'ConditionalCheckFailedException') throw error
        if (item === undefined || isLive(item) || cleared) {
          throw new StateError('condition', `The condition does not hold of ${key}.`, {
            cause: error,
            item: isLive(item) ? toItem(item!) : undefined,
          })
        }
        await clearAway(key, item)
      }
    }
  }

  function update(write: StateWrite) {
    const expression = createExpression()
    const sets = Object.entries({ ...write.set, [EXPIRATION]: Math.ceil(write.expiresAt / 1000) }).map(
      ([name, value]) => `${expression.name(name)} = ${expression.value(value)}`,
    )
    const adds = Object.entries(write.add ?? {}).map(
      ([name, value]) => `${expression.name(name)} ${expression.value(value)}`,
    )
    const removes = (write.remove ?? []).map((name) => expression.name(name))
    const live = `(attribute_not_exists(${expression.name(KEY)}) OR ${expression.name(EXPIRATION)} > ${expression.value(nowSeconds())})`
    return {
      TableName,
      Key: keyOf(write.key),
      UpdateExpression: [
        `SET ${sets.join(', ')}`,
        ...(adds.length > 0 ? [`ADD ${adds.join(', ')}`] : []),
        ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
      ].join(' '),
      ConditionExpression: [live, ...conditions(write.when, expression)].join(' AND '),
      ...expression.attributes(),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }
  }

  return {
    get: (key) =>
      mapErrors(async () => {
        const { Item } = await client.send(new GetItemCommand({ TableName, Key: keyOf(key), ConsistentRead: true }))
        return isLive(Item) ? toItem(Item!) : undefined
      }),
    write: (write) =>
      mapErrors(() =>
        attempt(write.key, async () => {
          const { Attributes } = await client.send(new UpdateItemCommand({ ...update(write), ReturnValues: 'ALL_NEW' }))
          return toItem(Attributes ?? {})
        }),
      ),
    writeAll: (writes) =>
      mapErrors(async () => {
        for (let cleared = false; ; cleared = true) {
          try {
            await client.send(
              new TransactWriteItemsCommand({ TransactItems: writes.map((write) => ({ Update: update(write) })) }),
            )
            return
          } catch (error) {
            const reasons = (error as { CancellationReasons?: CancellationReason[] }).CancellationReasons ?? []
            const failed = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed')
            if (failed === -1) throw error
            const expired = reasons.flatMap(({ Item }, index) =>
              Item !== undefined && !isLive(Item) ? [{ key: writes[index]!.key, Item }] : [],
            )
            if (expired.length === 0 || cleared) {
              const { Item } = reasons[failed]!
              throw new StateError('condition', `The condition does not hold of ${writes[failed]?.key}.`, {
                cause: error,
                item: isLive(Item) ? toItem(Item!) : undefined,
              })
            }
            for (const { key, Item } of expired) await clearAway(key, Item)
          }
        }
      }),
    remove: (key, when) =>
      mapErrors(async () => {
        const expression = createExpression()
        const held = conditions(when, expression)
        // Removing what is not there succeeds, whatever the conditions say.
        const absent = held.length > 0 ? `attribute_not_exists(${expression.name(KEY)}) OR ` : ''
        await attempt(key, () =>
          client.send(
            new DeleteItemCommand({
              TableName,
              Key: keyOf(key),
              ...(held.length > 0 && {
                ConditionExpression: `${absent}(${held.join(' AND ')})`,
                ...expression.attributes(),
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              }),
            }),
          ),
        )
      }),
  }
}

const keyOf = (key: string): Attributes => ({ [KEY]: { S: key } })

/** Names and values by placeholder, since some of our names are DynamoDB's reserved words. */
function createExpression() {
  const names = new Map<string, string>()
  const values: Record<string, AttributeValue> = {}
  let count = 0
  return {
    name(attribute: string): string {
      const known = names.get(attribute)
      if (known !== undefined) return known
      const placeholder = `#n${names.size}`
      names.set(attribute, placeholder)
      return placeholder
    },
    value(value: StateValue): string {
      const placeholder = `:v${count++}`
      values[placeholder] = typeof value === 'number' ? { N: String(value) } : { S: value }
      return placeholder
    },
    attributes: () => ({
      ExpressionAttributeNames: Object.fromEntries([...names].map(([name, placeholder]) => [placeholder, name])),
      ...(count > 0 && { ExpressionAttributeValues: values }),
    }),
  }
}

function conditions(
  when: readonly StateCondition[] = [],
  { name, value }: Pick<ReturnType<typeof createExpression>, 'name' | 'value'>,
): string[] {
  return when.map((condition) => {
    const attribute = name(condition.attribute)
    if ('value' in condition) return `${attribute} ${condition.is} ${value(condition.value)}`
    return condition.is === 'absent' ? `attribute_not_exists(${attribute})` : `attribute_exists(${attribute})`
  })
}

function toItem(attributes: Attributes): StateItem {
  const item: Record<string, StateValue> = {}
  for (const [name, { S, N }] of Object.entries(attributes)) {
    if (name === KEY || name === EXPIRATION) continue
    if (S !== undefined) item[name] = S
    else if (N !== undefined) item[name] = Number(N)
  }
  return item
}

async function mapErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof StateError) throw error
    const failure = readAwsError(error)
    throw new StateError(stateFailure(failure), `${failure.name}: ${failure.message}`, { cause: error })
  }
}

function stateFailure(failure: ReturnType<typeof readAwsError>): StateFailure {
  if (isThrottling(failure)) return 'throttled'
  // Two transactions on one item: the other goes first.
  if (/^Transaction(Conflict|InProgress|Canceled)Exception$/.test(failure.name)) return 'throttled'
  if (isOutage(failure)) return 'unavailable'
  return isDenied(failure) ? 'denied' : 'other'
}
