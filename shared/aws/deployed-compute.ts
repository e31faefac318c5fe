/** Reads functions, what starts them, and state machines in the words of a template. */
import { createHash } from 'node:crypto'
import {
  type FunctionConfiguration,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionRecursionConfigCommand,
  GetPolicyCommand,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn'
import { type JsonObject, listOf, objectOf } from '../derive/json.ts'
import { statementsOf } from '../doctor/policy.ts'
import { type TemplateResource, Unresolved } from '../doctor/template-values.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { once, onMissing, type Readers, reasonOf } from './deployed-reader.ts'

const GONE = ['ResourceNotFoundException']
/** Seconds: what Lambda gives where nothing was set. */
const LONGEST_EVENT_AGE = 21_600

export function computeReaders(clients: AdminClients): Readers {
  const { lambda, sfn } = clients
  const mappingsOf = new Map<string, () => Promise<readonly Mapping[]>>()
  const mappings = (name: string) => {
    const known = mappingsOf.get(name) ?? once(() => listMappings(clients, name))
    mappingsOf.set(name, known)
    return known()
  }
  const permissionsOf = new Map<string, () => Promise<readonly JsonObject[]>>()
  const permissions = (name: string) => {
    const known = permissionsOf.get(name) ?? once(() => listPermissions(clients, name))
    permissionsOf.set(name, known)
    return known()
  }
  return {
    'AWS::Lambda::Function': (resource) => readFunction(clients, resource, mappings, permissions),
    'AWS::Lambda::Permission': async ({ properties: { FunctionName, Action, Principal, SourceArn } }) =>
      (await permissions(nameOf(FunctionName))).find(
        (one) => one.Action === Action && one.Principal === Principal && one.SourceArn === SourceArn,
      ),
    'AWS::Lambda::EventSourceMapping': async ({ properties, physicalId }) => {
      const all = await mappings(nameOf(properties.FunctionName))
      const mine =
        all.find(({ UUID }) => UUID === physicalId) ??
        all.find(({ EventSourceArn }) => EventSourceArn === properties.EventSourceArn)
      return mine === undefined ? undefined : { ...mine, FunctionName: properties.FunctionName }
    },
    'AWS::Lambda::EventInvokeConfig': ({ properties }) =>
      onMissing(GONE, async () => {
        const found = await callAws('lambda:GetFunctionEventInvokeConfig', () =>
          lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: nameOf(properties.FunctionName) })),
        )
        const age = found.MaximumEventAgeInSeconds
        return {
          DestinationConfig: {
            OnFailure: found.DestinationConfig?.OnFailure,
            OnSuccess: found.DestinationConfig?.OnSuccess,
          },
          MaximumRetryAttempts: found.MaximumRetryAttempts ?? 2,
          MaximumEventAgeInSeconds: age === LONGEST_EVENT_AGE ? undefined : age,
        }
      }),
    'AWS::StepFunctions::StateMachine': ({ physicalId }) =>
      onMissing(['StateMachineDoesNotExist'], async () => {
        const { definition, roleArn } = await callAws('states:DescribeStateMachine', () =>
          sfn.send(new DescribeStateMachineCommand({ stateMachineArn: physicalId })),
        )
        return { Definition: definition, RoleArn: roleArn }
      }),
  }
}

/** `name` of a name or of an ARN. */
const nameOf = (functionName: unknown): string => String(functionName).split(':').at(-1) ?? ''

async function readFunction(
  clients: AdminClients,
  { properties, physicalId: FunctionName }: TemplateResource,
  mappings: (name: string) => Promise<readonly Mapping[]>,
  permissions: (name: string) => Promise<readonly JsonObject[]>,
): Promise<JsonObject | undefined> {
  const { lambda } = clients
  const found = await onMissing(GONE, () =>
    callAws('lambda:GetFunctionConfiguration', () =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
    ),
  )
  if (found === undefined) return undefined
  const [concurrency, recursion, code, invokers, sources] = await Promise.all([
    orOpen(async () => {
      const answer = await callAws('lambda:GetFunctionConcurrency', () =>
        lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })),
      )
      return answer.ReservedConcurrentExecutions
    }),
    orOpen(async () => {
      const answer = await callAws('lambda:GetFunctionRecursionConfig', () =>
        lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName })),
      )
      return answer.RecursiveLoop
    }),
    orOpen(() => compareCode(clients, properties, found)),
    orOpen(() => permissions(FunctionName)),
    orOpen(async () => (await mappings(FunctionName)).map(({ EventSourceArn }) => EventSourceArn)),
  ])
  return {
    ...settingsOf(found),
    LoggingConfig: loggingOf(found, properties),
    ReservedConcurrentExecutions: concurrency,
    RecursiveLoop: recursion,
    Code: code,
    Permissions: invokers,
    EventSourceMappings: sources,
  }
}

/** Of what Lambda fills in itself, only the group matters: logs that go elsewhere are not looked at. */
function loggingOf({ LoggingConfig, FunctionName }: FunctionConfiguration, properties: JsonObject): JsonObject {
  const logging: JsonObject = { ...LoggingConfig }
  const names = Object.keys(objectOf(properties.LoggingConfig))
  const { LogGroup } = logging
  return {
    ...Object.fromEntries(names.map((name) => [name, logging[name]])),
    ...(LogGroup === undefined || LogGroup === `/aws/lambda/${FunctionName}` ? {} : { LogGroup }),
  }
}

function settingsOf(found: FunctionConfiguration): JsonObject {
  const { Handler, Runtime, FunctionName, MemorySize, Timeout, Architectures, Description, Role, Environment } = found
  return {
    ...{
      Handler,
      Runtime,
      FunctionName,
      MemorySize,
      Timeout,
      Architectures,
      Description,
      Role,
      KMSKeyArn: found.KMSKeyArn,
    },
    Environment:
      Environment?.Error === undefined
        ? { Variables: Environment?.Variables }
        : new Unresolved(Environment.Error.Message ?? 'its environment cannot be decrypted'),
    Layers: found.Layers?.map(({ Arn }) => Arn),
    VpcConfig: found.VpcConfig?.VpcId === undefined || found.VpcConfig.VpcId === '' ? undefined : found.VpcConfig,
    DeadLetterConfig: found.DeadLetterConfig?.TargetArn === undefined ? undefined : found.DeadLetterConfig,
  }
}

async function orOpen<T>(call: () => Promise<T>): Promise<T | Unresolved> {
  try {
    return await call()
  } catch (error) {
    return new Unresolved(reasonOf(error))
  }
}

/**
 * The template's own `Code` where the function runs it, else what it runs.
 *
 * Source: Lambda API Reference, FunctionConfiguration: CodeSha256 is the SHA-256 of the deployment package, base64.
 */
async function compareCode(
  { stackS3 }: AdminClients,
  properties: JsonObject,
  { CodeSha256 }: FunctionConfiguration,
): Promise<unknown> {
  const code = objectOf(properties.Code)
  const { Body } = await callAws('s3:GetObject (code of the function)', () =>
    stackS3.send(new GetObjectCommand({ Bucket: String(code.S3Bucket), Key: String(code.S3Key) })),
  )
  const hash = createHash('sha256')
    .update((await Body?.transformToByteArray()) ?? '')
    .digest('base64')
  return hash === CodeSha256 ? code : `code with the SHA-256 ${CodeSha256}`
}

type Mapping = Readonly<Record<string, unknown>> & { readonly UUID?: string; readonly EventSourceArn?: string }

/** aws: a mapping that is being enabled or changed counts as what it will be. */
const ON = ['Enabled', 'Enabling', 'Creating', 'Updating']

async function listMappings({ lambda }: AdminClients, FunctionName: string): Promise<readonly Mapping[]> {
  let Marker: string | undefined
  const found: Mapping[] = []
  do {
    const page = await onMissing(GONE, () =>
      callAws('lambda:ListEventSourceMappings', () =>
        lambda.send(new ListEventSourceMappingsCommand({ FunctionName, Marker })),
      ),
    )
    for (const one of page?.EventSourceMappings ?? []) {
      const { BatchSize, MaximumBatchingWindowInSeconds = 0, FunctionResponseTypes, ScalingConfig } = one
      found.push({
        ...{ BatchSize, MaximumBatchingWindowInSeconds, FunctionResponseTypes, ScalingConfig },
        ...(one.UUID !== undefined && { UUID: one.UUID }),
        ...(one.EventSourceArn !== undefined && { EventSourceArn: one.EventSourceArn }),
        FilterCriteria: one.FilterCriteria?.Filters?.length ? one.FilterCriteria : undefined,
        Enabled: ON.includes(one.State ?? ''),
      })
    }
    Marker = page?.NextMarker
  } while (Marker !== undefined && Marker !== '')
  return found
}

async function listPermissions({ lambda }: AdminClients, FunctionName: string): Promise<readonly JsonObject[]> {
  const answer = await onMissing(GONE, () =>
    callAws('lambda:GetPolicy', () => lambda.send(new GetPolicyCommand({ FunctionName }))),
  )
  return statementsOf(answer?.Policy).map((statement) => {
    const principal = objectOf(statement.Principal)
    const sources = Object.values(objectOf(statement.Condition)).map((keys) => objectOf(keys)['AWS:SourceArn'])
    return {
      Action: statement.Action,
      Principal: typeof statement.Principal === 'string' ? statement.Principal : (principal.Service ?? principal.AWS),
      SourceArn: listOf(sources.find((source) => source !== undefined))[0],
    }
  })
}
