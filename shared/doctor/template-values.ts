/**
 * A CloudFormation template as its stack was made of it: intrinsic functions resolved from what the stack itself says of
 * its resources. Pure; shared/aws/deployed-template.ts fetches what this needs.
 *
 * Source: CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference"; the return values of
 * `Ref` and `Fn::GetAtt` in the reference of each resource type.
 */
import { isObject } from '../basics/is-object.ts'
import type { JsonObject } from '../derive/json.ts'

/** A resource of a stack, as CloudFormation lists it. */
export interface ListedResource {
  readonly logicalId: string
  readonly type: string
  /** What `Ref` yields for most types: a name, a URL or an ARN. */
  readonly physicalId: string
}

/** A deployed stack: what it was made from, and what came of it. */
export interface DeployedTemplate {
  readonly stackName: string
  readonly stackId: string
  readonly accountId: string
  readonly region: string
  readonly partition: string
  readonly urlSuffix: string
  readonly parameters: Readonly<Record<string, string>>
  /** The template as CloudFormation processed it: JSON. */
  readonly template: JsonObject
  readonly resources: readonly ListedResource[]
}

/** A resource as the template wants it. */
export interface TemplateResource extends ListedResource {
  readonly properties: JsonObject
}

/** Stands for a value that cannot be known from outside: `Fn::ImportValue`, an attribute that we have no rule for. */
export class Unresolved {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

/**
 * The template's resources with all values filled in. A resource that CloudFormation does not list was left out by a
 * condition of the template, and is left out here.
 *
 * @example
 * resolveTemplate(stack).find(({ logicalId }) => logicalId === 'CloudTrailQueue')?.properties.QueueName
 */
export function resolveTemplate(stack: DeployedTemplate): TemplateResource[] {
  const templated = isObject(stack.template.Resources) ? stack.template.Resources : {}
  return stack.resources.flatMap((listed) => {
    const resource = templated[listed.logicalId]
    if (!isObject(resource)) return []
    const properties = resolve(resource.Properties ?? {}, stack)
    return isObject(properties) ? [{ ...listed, properties }] : []
  })
}

/** `AWS::NoValue` is a member that is not there. */
const NO_VALUE = Symbol('AWS::NoValue')

function resolve(value: unknown, stack: DeployedTemplate): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, stack)).filter((item) => item !== NO_VALUE)
  if (!isObject(value)) return value
  const [name, ...others] = Object.keys(value)
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return callFunction(name, value[name], stack)
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, resolve(item, stack)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  )
}

function callFunction(name: string, argument: unknown, stack: DeployedTemplate): unknown {
  if (name === 'Ref') return refer(String(argument), stack)
  if (name === 'Fn::GetAtt') {
    const [id = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
    return attributeOf(id, attribute.join('.'), stack)
  }
  if (name === 'Fn::Sub') return substitute(argument, stack)
  if (name === 'Fn::Join' && Array.isArray(argument)) {
    const parts = resolve(argument[1], stack)
    return Array.isArray(parts) ? joined(parts, String(argument[0])) : new Unresolved(name)
  }
  if (name === 'Fn::Select' && Array.isArray(argument)) {
    const list = resolve(argument[1], stack)
    return Array.isArray(list) ? list[Number(argument[0])] : new Unresolved(name)
  }
  return new Unresolved(name)
}

function joined(parts: readonly unknown[], separator: string): unknown {
  return parts.find((part) => part instanceof Unresolved) ?? parts.map(String).join(separator)
}

function refer(id: string, stack: DeployedTemplate): unknown {
  if (id === 'AWS::NoValue') return NO_VALUE
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': stack.accountId,
    'AWS::Partition': stack.partition,
    'AWS::Region': stack.region,
    'AWS::StackId': stack.stackId,
    'AWS::StackName': stack.stackName,
    'AWS::URLSuffix': stack.urlSuffix,
  }
  const found = stack.resources.find(({ logicalId }) => logicalId === id)
  return pseudo[id] ?? found?.physicalId ?? stack.parameters[id] ?? new Unresolved(`Ref ${id}`)
}

function substitute(argument: unknown, stack: DeployedTemplate): unknown {
  const [text, given] = Array.isArray(argument) ? argument : [argument, {}]
  const variables = resolve(given ?? {}, stack)
  const parts = String(text).split(/(\$\{[^}]+\})/)
  const values = parts.map((part) => {
    const name = /^\$\{([^}]+)\}$/.exec(part)?.[1]?.trim()
    if (name === undefined) return part
    // aws: `${!Literal}` stays `${Literal}`.
    if (name.startsWith('!')) return `\${${name.slice(1)}}`
    if (isObject(variables) && name in variables) return variables[name]
    const dot = name.indexOf('.')
    return dot < 0 ? refer(name, stack) : attributeOf(name.slice(0, dot), name.slice(dot + 1), stack)
  })
  return joined(values, '')
}

type Attribute = (resource: ListedResource, stack: DeployedTemplate) => unknown

const lastOf = (text: string, separator: string): string => text.slice(text.lastIndexOf(separator) + 1)
const local =
  (service: string, resource: (physicalId: string) => string): Attribute =>
  ({ physicalId }, { partition, region, accountId }) =>
    physicalId.startsWith('arn:')
      ? physicalId
      : `arn:${partition}:${service}:${region}:${accountId}:${resource(physicalId)}`

/** What `Fn::GetAtt` yields, for the types that the stack is made of. */
const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  'AWS::SQS::Queue.Arn': local('sqs', (url) => lastOf(url, '/')),
  'AWS::SQS::Queue.QueueName': ({ physicalId }) => lastOf(physicalId, '/'),
  'AWS::SNS::Topic.TopicName': ({ physicalId }) => lastOf(physicalId, ':'),
  'AWS::SNS::Topic.TopicArn': ({ physicalId }) => physicalId,
  'AWS::IAM::Role.Arn': ({ logicalId, physicalId }, stack) => {
    const path = propertyOf(logicalId, 'Path', stack) ?? '/'
    return `arn:${stack.partition}:iam::${stack.accountId}:role${String(path)}${physicalId}`
  },
  'AWS::Lambda::Function.Arn': local('lambda', (name) => `function:${name}`),
  'AWS::DynamoDB::Table.Arn': local('dynamodb', (name) => `table/${name}`),
  'AWS::KMS::Key.Arn': local('kms', (id) => `key/${id}`),
  'AWS::Events::Rule.Arn': local('events', (name) => `rule/${name.replace('|', '/')}`),
  'AWS::Logs::LogGroup.Arn': local('logs', (name) => `log-group:${name}:*`),
  'AWS::CloudWatch::Alarm.Arn': local('cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::CompositeAlarm.Arn': local('cloudwatch', (name) => `alarm:${lastOf(name, ':')}`),
  'AWS::StepFunctions::StateMachine.Arn': ({ physicalId }) => physicalId,
  'AWS::S3::Bucket.Arn': ({ physicalId }, { partition }) => `arn:${partition}:s3:::${physicalId}`,
}

function attributeOf(id: string, attribute: string, stack: DeployedTemplate): unknown {
  const resource = stack.resources.find(({ logicalId }) => logicalId === id)
  const known = resource === undefined ? undefined : ATTRIBUTES[`${resource.type}.${attribute}`]
  return resource === undefined || known === undefined
    ? new Unresolved(`Fn::GetAtt ${id}.${attribute}`)
    : known(resource, stack)
}

function propertyOf(id: string, name: string, stack: DeployedTemplate): unknown {
  const resources = isObject(stack.template.Resources) ? stack.template.Resources : {}
  const resource = resources[id]
  if (!isObject(resource) || !isObject(resource.Properties)) return undefined
  return resolve(resource.Properties[name], stack)
}
