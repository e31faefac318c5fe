/** The few shapes and helpers of CloudFormation that infra/ is written with. */

/** One resource of a template. */
export interface Resource {
  readonly Condition?: string
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: string | readonly string[]
  readonly DeletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate'
  readonly UpdateReplacePolicy?: 'Delete' | 'Retain'
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>

/** A value of a template: text, or an intrinsic function that yields it. */
export type Value = string | { readonly Ref: string } | { readonly [fn: `Fn::${string}`]: unknown }

/** One statement of a policy document. */
export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: unknown
  readonly Action: string | readonly string[]
  readonly Resource?: unknown
  readonly Condition?: Readonly<Record<string, unknown>>
}

export const ref = (logicalId: string): Value => ({ Ref: logicalId })
export const getAtt = (logicalId: string, attribute: string): Value => ({ 'Fn::GetAtt': [logicalId, attribute] })
/** `Fn::Sub` without a variable map: everything in `${…}` is a parameter, a resource or a pseudo parameter. */
export const sub = (text: string): Value => ({ 'Fn::Sub': text })

/** An ARN in this partition, e.g. `arn('s3:::amzn-s3-demo-bucket/*')`. */
export const arn = (rest: string): Value => sub(`arn:\${AWS::Partition}:${rest}`)
/** An ARN in this partition, Region and account, e.g. `localArn('sqs', 'bucketwatch-dev-cloudtrail')`. */
export const localArn = (service: string, resource: string): Value =>
  sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`)

export const policyDocument = (statements: readonly Statement[]): Readonly<Record<string, unknown>> => ({
  Version: '2012-10-17',
  Statement: statements,
})

/**
 * Characters that a policy document takes, once CloudFormation has filled in what is not known here: the longest that
 * each of them can become.
 *
 * @example
 * policySize(policyDocument([{ Effect: 'Allow', Action: 's3:GetObject', Resource: arn('s3:::amzn-s3-demo-bucket/*') }]))
 */
export function policySize(document: unknown): number {
  return JSON.stringify(document, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('Fn::Sub' in value)
      return String(value['Fn::Sub']).replace(
        /\$\{(?:AWS::)?(\w+)\}/g,
        (_all, name: string) => LONGEST[name] ?? LONGEST.arn!,
      )
    if ('Ref' in value) return String(value.Ref) === 'AWS::AccountId' ? LONGEST.AccountId : LONGEST.arn
    return 'Fn::GetAtt' in value ? LONGEST.arn : value
  }).length
}

const LONGEST: Readonly<Record<string, string>> = {
  Partition: 'aws-us-gov',
  Region: 'ap-southeast-2',
  AccountId: '111122223333',
  URLSuffix: 'amazonaws.com.cn',
  // The ARN of a queue, topic or rule of ours, with a stage of 32 characters.
  arn: 'x'.repeat(120),
}

/** Denies every call that does not come over TLS. `action` is the service's `*`, since the denial must know no gap. */
export const denyWithoutTls = (action: string, resource: unknown): Statement => ({
  Sid: 'DenyWithoutTls',
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: resource,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
})

/** Joins words of any spelling to one logical id: `('Alarm', 's3-policy-deleted')` → `AlarmS3PolicyDeleted`. */
export function logicalId(...words: readonly string[]): string {
  return words
    .flatMap((word) => word.split(/[^A-Za-z0-9]+/))
    .filter((word) => word !== '')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('')
}
