/**
 * DynamoDB behind the SDK's client (aws-sdk-client-mock): evaluates the expressions that we write, by DynamoDB's rules for
 * them. Expired items stay, as they do in DynamoDB for days.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  type Update,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'

type Item = Record<string, AttributeValue>
type Expressions = Pick<
  UpdateItemCommandInput,
  | 'ConditionExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
  | 'ReturnValuesOnConditionCheckFailure'
>

export interface FakeDynamo {
  readonly client: DynamoDBClient
  readonly items: Map<string, Item>
  /** Names of the calls made, in order. */
  readonly calls: string[]
  /** Called before each call: throw to have it fail. */
  before: (call: string) => void
}

export function fakeDynamo(): FakeDynamo {
  const client = new DynamoDBClient({ region: 'eu-central-1' })
  const mock = mockClient(client)
  const fake: FakeDynamo = { client, items: new Map(), calls: [], before: () => {} }
  const keyOf = (key: Item | undefined) => key?.id?.S ?? ''
  const begin = (call: string, input: Expressions = {}) => {
    fake.calls.push(call)
    fake.before(call)
    checkNotEmpty(input)
  }

  mock.on(GetItemCommand).callsFake(({ Key, ConsistentRead }: GetItemCommandInput) => {
    begin('GetItem')
    if (ConsistentRead !== true) throw new Error('the ledger reads what was just written')
    return { Item: fake.items.get(keyOf(Key)) }
  })
  mock.on(UpdateItemCommand).callsFake((input: UpdateItemCommandInput) => {
    begin('UpdateItem', input)
    const old = fake.items.get(keyOf(input.Key))
    if (!holds(old, input)) throw conditionFailed(old, input)
    const next = updated(old, input)
    fake.items.set(keyOf(input.Key), next)
    return { Attributes: next }
  })
  mock.on(DeleteItemCommand).callsFake((input: DeleteItemCommandInput) => {
    begin('DeleteItem', input)
    const old = fake.items.get(keyOf(input.Key))
    if (!holds(old, input)) throw conditionFailed(old, input)
    fake.items.delete(keyOf(input.Key))
    return {}
  })
  mock.on(TransactWriteItemsCommand).callsFake(({ TransactItems = [] }: TransactWriteItemsCommandInput) => {
    const updates = TransactItems.map(({ Update }) => Update!)
    begin('TransactWriteItems')
    for (const update of updates) checkNotEmpty(update)
    const old = updates.map(({ Key }) => fake.items.get(keyOf(Key)))
    const holding = updates.map((update, index) => holds(old[index], update))
    if (holding.includes(false)) {
      throw new TransactionCanceledException({
        message: 'Transaction cancelled',
        $metadata: { httpStatusCode: 400 },
        CancellationReasons: updates.map((_, index) =>
          holding[index]
            ? { Code: 'None' }
            : { Code: 'ConditionalCheckFailed', ...(old[index] === undefined ? {} : { Item: old[index] }) },
        ),
      })
    }
    for (const [index, update] of updates.entries()) fake.items.set(keyOf(update.Key), updated(old[index], update))
    return {}
  })
  return fake
}

/** DynamoDB refuses "ExpressionAttributeValues must not be empty", and so for the names. */
function checkNotEmpty(input: Expressions): void {
  for (const name of ['ExpressionAttributeNames', 'ExpressionAttributeValues'] as const) {
    const given = input[name]
    if (given === undefined || Object.keys(given).length > 0) continue
    throw Object.assign(new Error(`${name} must not be empty`), { name: 'ValidationException' })
  }
}

function conditionFailed(old: Item | undefined, { ReturnValuesOnConditionCheckFailure: wanted }: Expressions) {
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: { httpStatusCode: 400 },
    ...(wanted === 'ALL_OLD' && old !== undefined && { Item: old }),
  })
}

/** `a AND (b OR c)` with comparisons and the two functions that we use. */
function holds(item: Item | undefined, input: Expressions): boolean {
  const { ConditionExpression, ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input
  if (ConditionExpression === undefined) return true
  const tokens = ConditionExpression.match(/attribute_(?:not_)?exists|#\w+|:\w+|<=|>=|[<>=()]|AND|OR/g) ?? []
  let at = 0
  const next = () => tokens[at++]
  const name = (token: string | undefined) => {
    const attribute = names[token ?? '']
    if (attribute === undefined) throw new Error(`no such name: ${token} in ${ConditionExpression}`)
    return item?.[attribute]
  }
  const or = (): boolean => {
    let result = and()
    while (tokens[at] === 'OR') {
      at++
      result = and() || result
    }
    return result
  }
  const and = (): boolean => {
    let result = atom()
    while (tokens[at] === 'AND') {
      at++
      result = atom() && result
    }
    return result
  }
  const atom = (): boolean => {
    const token = next()
    if (token === '(') {
      const result = or()
      next()
      return result
    }
    if (token?.startsWith('attribute_') === true) {
      next()
      const value = name(next())
      next()
      return (value !== undefined) === (token === 'attribute_exists')
    }
    const left = name(token)
    const operator = next()
    return compare(left, operator, values[next() ?? ''])
  }
  const result = or()
  if (at !== tokens.length) throw new Error(`not read to its end: ${ConditionExpression}`)
  return result
}

function compare(left: AttributeValue | undefined, operator: string | undefined, right: AttributeValue | undefined) {
  if (left === undefined || right === undefined || Object.keys(left)[0] !== Object.keys(right)[0]) return false
  const value = ({ N, S }: AttributeValue) => (N === undefined ? (S ?? '') : Number(N))
  const [a, b] = [value(left), value(right)]
  if (operator === '=') return a === b
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

function updated(item: Item | undefined, input: Update | UpdateItemCommandInput): Item {
  const { Key = {}, UpdateExpression = '', ExpressionAttributeNames: names = {} } = input
  const values = input.ExpressionAttributeValues ?? {}
  const next: Item = { ...item, ...Key }
  for (const [, clause, body = ''] of UpdateExpression.matchAll(/(SET|ADD|REMOVE) ((?:(?! (?:SET|ADD|REMOVE) ).)+)/g)) {
    for (const part of body.split(', ')) {
      const [token = '', ...rest] = part.split(' ')
      const attribute = names[token]
      if (attribute === undefined) throw new Error(`no such name: ${token} in ${UpdateExpression}`)
      const value = values[rest.at(-1) ?? '']
      if (clause === 'SET') next[attribute] = value!
      else if (clause === 'REMOVE') delete next[attribute]
      else next[attribute] = { N: String(Number(item?.[attribute]?.N ?? 0) + Number(value?.N)) }
    }
  }
  return next
}
