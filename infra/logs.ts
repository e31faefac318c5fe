/** Log groups: the evidence (`cloudtrail`, `access-log`, `history`), what people were told of it (`findings`), the
 * pipeline's own account of its work, and the functions' logs. */
import { eachKind } from '../shared/kinds/kinds.ts'
import { getAtt, type Resources } from './cfn.ts'
import { type Context, functionsOf, IDS, LOG_GROUPS, type LogGroupName, logGroupId, pascal } from './context.ts'

export const logGroupName = (context: Context, name: LogGroupName): string => `${context.logGroupPrefix}/${name}`
export const functionName = (context: Context, name: string): string => `${context.name}-${name}`

/** A group that exists already is no resource of the stack. */
export const dependsOnFindings = (context: Context) =>
  context.parameters.evidence === 'existing' ? {} : { DependsOn: logGroupId('findings') }

export function logs(context: Context): Resources {
  const { parameters: p } = context
  const retention = retentionDays(context)
  const evidence = LOG_GROUPS.map((name) => [
    logGroupId(name),
    {
      ...group(context, logGroupName(context, name), retention[name], p.deletionProtection),
      // Evidence outlives the stack unless somebody decides otherwise: a removed stack must not be a way to erase it.
      // Except when the first creation fails: what it left would keep the next one from starting.
      DeletionPolicy: p.evidence === 'delete' ? 'Delete' : 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    },
  ])
  const own = functionsOf(context).map((name) => [
    `${pascal(name)}FunctionLogs`,
    group(context, `/aws/lambda/${functionName(context, name)}`, p.functionRetentionDays),
  ])
  return Object.fromEntries(p.evidence === 'existing' ? own : [...evidence, ...own])
}

/** A log group that is there already, and what it should be set to. */
export interface ExistingGroup {
  readonly logGroupName: string
  readonly retentionInDays: number
  readonly kmsKeyId?: string
  readonly deletionProtection: boolean
}

/** The evidence groups where the stack takes those of a former one; CloudFormation cannot change what it does not own. */
export function existingGroups(context: Context): ExistingGroup[] {
  const { evidence, encryptLogGroups, kmsKeyArn, deletionProtection } = context.parameters
  if (evidence !== 'existing') return []
  return LOG_GROUPS.map((name) => ({
    logGroupName: logGroupName(context, name),
    retentionInDays: retentionDays(context)[name],
    ...(encryptLogGroups && kmsKeyArn !== undefined ? { kmsKeyId: kmsKeyArn } : {}),
    deletionProtection,
  }))
}

/** Days that each group keeps its log events. */
export const retentionDays = ({ parameters: p }: Context): Readonly<Record<LogGroupName, number>> => ({
  ...eachKind(() => p.logRetentionDays),
  history: p.historyRetentionDays,
  pipeline: p.pipelineRetentionDays,
  findings: p.findingsRetentionDays,
})

function group(context: Context, name: string, retentionDays: number, deletionProtection = false) {
  const { encryptLogGroups, kmsKeyArn } = context.parameters
  return {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: name,
      // Metric filters exist in this class only.
      LogGroupClass: 'STANDARD',
      RetentionInDays: retentionDays,
      ...(deletionProtection ? { DeletionProtectionEnabled: true } : {}),
      ...(encryptLogGroups ? { KmsKeyId: kmsKeyArn ?? getAtt(IDS.key, 'Arn') } : {}),
    },
  }
}
