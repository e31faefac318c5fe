/** Calls of which variants are made: complete records, of which only what matters is given. */
import { completeCloudTrailRecord } from '../../shared/detection/example-input.ts'

export type Json = Readonly<Record<string, unknown>>

/** A call, the rules of which one must match (`!`: none of which may), and what the settings know besides. */
export type Variant = readonly [name: string, call: Json, rules: readonly string[], settings?: Json]

export const B = 'amzn-s3-demo-customer-data'
export const bob = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLEADMIN:bob',
  arn: 'arn:aws:sts::111122223333:assumed-role/Admin/bob',
  accountId: '111122223333',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
}
export const ev = (service: string, eventName: string, requestParameters: Json | null, more: Json = {}): Json =>
  completeCloudTrailRecord({
    userIdentity: bob,
    eventSource: `${service}.amazonaws.com`,
    eventName,
    sourceIPAddress: '198.51.100.23',
    userAgent: 'aws-cli/2.22.12',
    requestParameters,
    readOnly: false,
    managementEvent: true,
    eventCategory: 'Management',
    ...more,
  })
export const data = (eventName: string, parameters: Json, more: Json = {}): Json =>
  ev(
    's3',
    eventName,
    { bucketName: B, ...parameters },
    { managementEvent: false, eventCategory: 'Data', readOnly: /^(?:Get|Head|List)/.test(eventName), ...more },
  )
export const pol = (statement: Json | readonly Json[], { isText = false, isSingle = false } = {}): Json => {
  const policy = { Version: '2012-10-17', Statement: isSingle ? statement : [statement].flat() }
  return ev('s3', 'PutBucketPolicy', {
    bucketName: B,
    policy: '',
    bucketPolicy: isText ? JSON.stringify(policy) : policy,
  })
}
export const A = (principal: unknown, condition?: Json, more: Json = {}): Json => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${B}/*`,
  ...(condition === undefined ? {} : { Condition: condition }),
  ...more,
})
/** Rules of medium severity and more: none of them, or one of them. */
export const SERIOUS = '!serious'
export const TOLD = 'serious'

/** An object of that name is written; read. */
export const put =
  (rules: readonly string[]) =>
  (key: string): Variant => [`an object ${key} is written`, data('PutObject', { key }), rules]
export const get =
  (rules: readonly string[]) =>
  (key: string): Variant => [`an object ${key} is read`, data('GetObject', { key }), rules]
