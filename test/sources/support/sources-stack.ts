/** CloudFormation over the account in memory, as far as the stack of sources needs it: its template is what is made. */
import {
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import type { AdvancedEventSelector } from '@aws-sdk/client-cloudtrail'
import { isObject } from '../../../shared/basics/is-object.ts'
import {
  type DeployedTemplate,
  resolveTemplate,
  type TemplateResource,
} from '../../../shared/doctor/template-values.ts'
import { logBucketName } from '../../../shared/sources/log-bucket-name.ts'
import { ACCOUNT, REGION } from '../../doctor/support/facts.ts'
import type { fakeAccount } from './account.ts'

type Account = ReturnType<typeof fakeAccount>

/** @returns by stack: what it made, so that tests can look at it */
export function fakeSourcesStack(aws: Account): ReadonlyMap<string, readonly TemplateResource[]> {
  const stacks = new Map<string, { readonly made: readonly TemplateResource[]; readonly template: DeployedTemplate }>()
  const { cloudFormation } = aws.mocks
  const refuse = (name: string, message: string) => Object.assign(new Error(message), { name })
  const names = new Map<string, readonly TemplateResource[]>()

  cloudFormation.on(CreateStackCommand).callsFake((input: CreateStackCommandInput) => {
    const name = input.StackName!
    if (stacks.has(name)) throw refuse('AlreadyExistsException', 'it is there')
    aws.writes.push({ name: 'CreateStack', input: name })
    const template = deployed(name, input)
    const made = resolveTemplate(template)
    for (const resource of made) create(aws, resource)
    stacks.set(name, { made, template })
    names.set(name, made)
    cloudFormation.on(DescribeStacksCommand, { StackName: name }).callsFake(() => describe(name))
  })
  cloudFormation.on(DeleteStackCommand).callsFake(({ StackName }) => {
    aws.writes.push({ name: 'DeleteStack', input: StackName })
    // The buckets outlive it: their DeletionPolicy says so.
    for (const { type, properties } of stacks.get(StackName)?.made ?? [])
      if (type === 'AWS::CloudTrail::Trail') aws.trails.delete(trailArn(String(properties.TrailName)))
    stacks.delete(StackName)
    names.delete(StackName)
  })

  function describe(name: string) {
    const stack = stacks.get(name)
    if (stack === undefined) throw refuse('ValidationError', `Stack with id ${name} does not exist`)
    const outputs = stack.template.template.Outputs as Record<
      string,
      { readonly Value: unknown; readonly Condition?: string }
    >
    // Outputs are resolved as the properties of a resource are.
    const [resolved] = resolveTemplate({
      ...stack.template,
      template: {
        Resources: {
          Outputs: {
            Properties: Object.fromEntries(
              Object.entries(outputs).flatMap(([key, { Value, Condition }]) =>
                Condition !== undefined && !stack.made.some(({ logicalId }) => logicalId === 'AccessLogBucket')
                  ? []
                  : [[key, Value]],
              ),
            ),
          },
        },
      },
      resources: [...stack.template.resources, { logicalId: 'Outputs', type: 'Outputs', physicalId: 'Outputs' }],
    })
    return {
      Stacks: [
        {
          StackName: name,
          StackStatus: 'CREATE_COMPLETE' as const,
          CreationTime: new Date(0),
          Outputs: Object.entries(resolved!.properties).map(([OutputKey, OutputValue]) => ({
            OutputKey,
            OutputValue: String(OutputValue),
          })),
        },
      ],
    }
  }
  return names
}

const trailArn = (name: string): string => `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/${name}`

function deployed(name: string, { TemplateBody = '{}', Parameters = [] }: CreateStackCommandInput): DeployedTemplate {
  const body = JSON.parse(TemplateBody)
  const parameters = Object.fromEntries([
    ...Object.entries<{ Default: unknown }>(body.Parameters).map(([key, { Default }]) => [key, String(Default)]),
    ...Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
  ])
  const conditions = Object.fromEntries(
    Object.entries<{ 'Fn::Equals': [{ Ref: string }, string] }>(body.Conditions).map(
      ([key, { 'Fn::Equals': both }]) => [key, parameters[both[0].Ref] === both[1]],
    ),
  )
  return {
    stackName: name,
    stackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/1`,
    accountId: ACCOUNT,
    region: REGION,
    partition: 'aws',
    urlSuffix: 'amazonaws.com',
    parameters,
    template: choose(body, conditions) as DeployedTemplate['template'],
    resources: Object.entries<{ Type: string; Condition?: string }>(body.Resources).flatMap(
      ([logicalId, { Type: type, Condition }]) =>
        Condition !== undefined && conditions[Condition] !== true
          ? []
          : [{ logicalId, type, physicalId: physicalIdOf(name, logicalId) }],
    ),
  }
}

/** A bucket that the template names has that name. */
const physicalIdOf = (stack: string, logicalId: string): string =>
  logicalId === 'AccessLogBucket' ? logBucketName(ACCOUNT, REGION) : `${stack}-${logicalId}-example`.toLowerCase()

/** `Fn::If`, everywhere in it. */
function choose(value: unknown, conditions: Readonly<Record<string, boolean>>): unknown {
  if (Array.isArray(value)) return value.map((item) => choose(item, conditions))
  if (!isObject(value)) return value
  const branch = value['Fn::If']
  if (Array.isArray(branch)) return choose(conditions[String(branch[0])] === true ? branch[1] : branch[2], conditions)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, choose(item, conditions)]))
}

// biome-ignore lint/suspicious/noExplicitAny: a template's properties, whose forms the template's own tests check
type Properties = any

function create(aws: Account, { type, physicalId, properties }: TemplateResource): void {
  const of = properties as Properties
  if (type === 'AWS::S3::Bucket') {
    if (of.BucketName !== undefined && of.BucketName !== physicalId)
      throw new Error(`${of.BucketName} is ${physicalId}`)
    if (aws.buckets.has(physicalId)) throw new Error(`${physicalId} is there already`)
    aws.addBucket(physicalId, {
      algorithm: of.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm,
      ownership: of.OwnershipControls.Rules[0].ObjectOwnership,
      publicAccessBlock: of.PublicAccessBlockConfiguration,
      versioning: of.VersioningConfiguration.Status,
      lifecycle: of.LifecycleConfiguration,
    })
  }
  if (type === 'AWS::S3::BucketPolicy') aws.buckets.get(of.Bucket)!.policy = JSON.stringify(of.PolicyDocument)
  if (type !== 'AWS::CloudTrail::Trail') return
  const trail = aws.addTrail(of.TrailName, of.S3BucketName, {
    IsMultiRegionTrail: of.IsMultiRegionTrail,
    IncludeGlobalServiceEvents: of.IncludeGlobalServiceEvents,
    LogFileValidationEnabled: of.EnableLogFileValidation,
  })
  trail.logging = of.IsLogging
  trail.selectors = { AdvancedEventSelectors: of.AdvancedEventSelectors as AdvancedEventSelector[] }
}
