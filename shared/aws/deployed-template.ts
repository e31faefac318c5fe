/** What a stack was made from, and the resources that came of it. */
import { DescribeStacksCommand, GetTemplateCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { isObject } from '../basics/is-object.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { parseArn } from '../derive/arn.ts'
import type { DeployedTemplate, ListedResource } from '../doctor/template-values.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { readAwsError } from './failure.ts'

/**
 * Reads a stack's template and its resources; undefined: there is no such stack.
 *
 * @throws BucketwatchError AWS_CALL, also where the template is not JSON (one that osls made always is).
 * @example
 * resolveTemplate(await readDeployedTemplate(clients, 'bucketwatch-prod'))
 */
export async function readDeployedTemplate(
  { cloudFormation }: Pick<AdminClients, 'cloudFormation'>,
  stackName: string,
): Promise<DeployedTemplate | undefined> {
  const stack = await callAws('cloudformation:DescribeStacks', async () => {
    try {
      return (await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }))).Stacks?.[0]
    } catch (error) {
      if (/does not exist/.test(readAwsError(error).message)) return undefined
      throw error
    }
  })
  if (stack === undefined) return undefined
  const [body, resources] = await Promise.all([
    callAws('cloudformation:GetTemplate', () =>
      cloudFormation.send(new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Processed' })),
    ),
    listResources(cloudFormation, stackName),
  ])
  const id = parseArn(stack.StackId ?? '')
  const partition = id?.partition ?? 'aws'
  return {
    stackName,
    stackId: stack.StackId ?? '',
    accountId: id?.accountId ?? '',
    region: id?.region ?? '',
    partition,
    urlSuffix: partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    parameters: Object.fromEntries(
      (stack.Parameters ?? []).map(({ ParameterKey = '', ParameterValue = '', ResolvedValue }) => [
        ParameterKey,
        ResolvedValue ?? ParameterValue,
      ]),
    ),
    template: parseTemplate(body.TemplateBody ?? ''),
    resources,
  }
}

async function listResources(
  cloudFormation: AdminClients['cloudFormation'],
  StackName: string,
): Promise<ListedResource[]> {
  const found: ListedResource[] = []
  let NextToken: string | undefined
  do {
    const input = { StackName, ...(NextToken !== undefined && { NextToken }) }
    const page = await callAws('cloudformation:ListStackResources', () =>
      cloudFormation.send(new ListStackResourcesCommand(input)),
    )
    for (const one of page.StackResourceSummaries ?? []) {
      if (one.ResourceStatus === 'DELETE_COMPLETE') continue
      const { LogicalResourceId: logicalId = '', ResourceType: type = '', PhysicalResourceId: physicalId = '' } = one
      found.push({ logicalId, type, physicalId })
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return found
}

function parseTemplate(body: string): DeployedTemplate['template'] {
  try {
    const template: unknown = JSON.parse(body)
    if (isObject(template)) return template
  } catch {
    // Said below.
  }
  throw new BucketwatchError('AWS_CALL', 'cloudformation:GetTemplate: the template is not JSON', {
    action: 'cloudformation:GetTemplate',
  })
}
