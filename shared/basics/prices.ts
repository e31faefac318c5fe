/**
 * The one table of prices, US dollars of us-east-1, on demand, without free tiers, as they stood in November 2026: check
 * before quoting; other Regions cost more. Sources: the price pages of Amazon CloudWatch, AWS CloudTrail, AWS Lambda, Amazon
 * SQS, Amazon S3, Amazon DynamoDB, AWS Step Functions and AWS KMS.
 */
export const PRICES_OF = '2026-11'

export const PRICES = {
  /** CloudWatch Logs, per GB of log events: messages and 26 bytes each. Vended logs cost the same up to 10 TB a month. */
  logsIngestionGb: 0.5,
  /** Per GB and month. */
  logsStorageGb: 0.03,
  /** What CloudTrail's own delivery to CloudWatch Logs comes to: its $0.25 and the ingestion. Per GB. */
  trailDeliveryGb: 0.75,
  /** CloudTrail, per million delivered data events; management events of a further trail. The first trail's are free. */
  dataEvents: 1,
  furtherManagementEvents: 20,
  /** Per alarm on one metric, per composite alarm, per custom metric, per dashboard; a month. */
  alarm: 0.1,
  compositeAlarm: 0.5,
  metric: 0.3,
  dashboard: 3,
  /** Per KMS key and month. */
  key: 1,
  /** Per million objects, as measured on the stack: messages, GET requests, invocations, receipts, items of the state. */
  sqs: 0.48,
  s3Get: 0.4,
  lambda: 0.49,
  receipts: 0.37,
  state: 0.75,
  /** Lambda per million records, beside its objects. */
  lambdaRecords: 0.02,
  /** Lambda on Arm per GB and second; Step Functions per million state transitions; S3 per million PUTs. */
  lambdaGbSecond: 0.0000133334,
  stateTransitions: 25,
  s3Put: 5,
  /** DynamoDB, per million: writes of up to 1 KB, reads of up to 4 KB. */
  tableWrite: 0.625,
  tableRead: 0.125,
  /** S3 per thousand LIST calls; Standard storage per GB and month. */
  s3List: 0.005,
  s3StorageGb: 0.023,
} as const

/** What CloudWatch Logs adds to each log event when it counts bytes. */
export const LOG_EVENT_BYTES = 26
