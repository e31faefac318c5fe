import { describe, expect, test } from 'vitest'
import { entriesOf, type NotificationConfiguration } from '../../shared/connect/configuration.ts'
import { describeEntry } from '../../shared/connect/plan.ts'

const said = (configuration: NotificationConfiguration) => entriesOf(configuration).map(describeEntry)
const rules = (...given: [string, string][]) => ({
  Filter: { Key: { FilterRules: given.map(([Name, Value]) => ({ Name, Value })) } },
})

describe('describeEntry', () => {
  test('says where, which, and for what', () => {
    const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:111122223333:${name}`
    expect(
      said({
        QueueConfigurations: [
          {
            Id: 'a',
            QueueArn: arn('sqs', 'q'),
            Events: ['s3:ObjectCreated:*'],
            ...rules(['prefix', 'AWSLogs/'], ['suffix', '.gz']),
          },
          {
            QueueArn: arn('sqs', 'r'),
            Events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*'],
            ...rules(['Suffix', '.log']),
          },
        ],
        TopicConfigurations: [{ Id: 'b', TopicArn: arn('sns', 't'), Events: ['s3:ObjectCreated:*'] }],
        LambdaFunctionConfigurations: [
          {
            Id: 'c',
            LambdaFunctionArn: arn('lambda', 'function:f'),
            Events: ['s3:ObjectCreated:*'],
            ...rules(['prefix', 'x']),
          },
        ],
      }).toSorted(),
    ).toEqual([
      'function arn:aws:lambda:eu-west-1:111122223333:function:f (Id c, s3:ObjectCreated:*, prefix "x")',
      'queue arn:aws:sqs:eu-west-1:111122223333:q (Id a, s3:ObjectCreated:*, prefix "AWSLogs/", suffix ".gz")',
      'queue arn:aws:sqs:eu-west-1:111122223333:r (s3:ObjectCreated:Put, s3:ObjectRemoved:*, suffix ".log")',
      'topic arn:aws:sns:eu-west-1:111122223333:t (Id b, s3:ObjectCreated:*)',
    ])
  })
})
