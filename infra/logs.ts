/** Log groups: the evidence (`cloudtrail`, `access-log`, `history`), the pipeline's own account of its work, and the
 * functions' logs. */
import { getAtt, type Resources } from './cfn.ts'
import { type Context, IDS, LOG_GROUPS, type LogGroupName, logGroupId, pascal, SOURCES } from './context.ts'

export const logGroupName = (context: Context, name: LogGroupName): string => `${context.logGroupPrefix}/${name}`
export const functionName = (context: Context, name: string): string => `${context.name}-${name}`

export function logs(context: Context): Resources {
  const { parameters: p } = context
  const retention: Readonly<Record<LogGroupName, number>> = {
    cloudtrail: p.logRetentionDays,
    'access-log': p.logRetentionDays,
    history: p.historyRetentionDays,
    pipeline: p.pipelineRetentionDays,
  }
  const evidence = LOG_GROUPS.map((name) => [
    logGroupId(name),
    {
      ...group(context, logGroupName(context, name), retention[name]),
      // Evidence outlives the stack unless somebody decides otherwise: a removed stack must not be a way to erase it.
      DeletionPolicy: p.evidence === 'delete' ? 'Delete' : 'Retain',
      UpdateReplacePolicy: 'Retain',
    },
  ])
  const own = [...SOURCES, 'alert' as const].map((name) => [
    `${pascal(name)}FunctionLogs`,
    group(context, `/aws/lambda/${functionName(context, name)}`, p.functionRetentionDays),
  ])
  return Object.fromEntries(p.evidence === 'existing' ? own : [...evidence, ...own])
}

function group(context: Context, name: string, retentionDays: number) {
  const { encryptLogGroups, kmsKeyArn } = context.parameters
  return {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: name,
      // Metric filters exist in this class only.
      LogGroupClass: 'STANDARD',
      RetentionInDays: retentionDays,
      ...(encryptLogGroups ? { KmsKeyId: kmsKeyArn ?? getAtt(IDS.key, 'Arn') } : {}),
    },
  }
}
