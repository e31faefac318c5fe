/** Fetches what the doctor compares with a template: each resource, in the template's words. */
import { errorMessage } from '../contracts/errors.ts'
import type { DeployedResource, TemplateFacts } from '../doctor/check-template.ts'
import { known, unknown } from '../doctor/finding.ts'
import { resolveTemplate, type TemplateResource } from '../doctor/template-values.ts'
import type { AdminClients } from './admin-clients.ts'
import { accessReaders } from './deployed-access.ts'
import { athenaReaders } from './deployed-athena.ts'
import { computeReaders } from './deployed-compute.ts'
import { messagingReaders } from './deployed-messaging.ts'
import type { Readers } from './deployed-reader.ts'
import { readDeployedTemplate } from './deployed-template.ts'
import { watchingReaders } from './deployed-watching.ts'

/** Resources that are read at once: their services take few calls a second. */
const AT_ONCE = 8

/** A reader for each type that the stack is made of. */
export const deployedReaders = (clients: AdminClients, prefix: string, region: string): Readers => ({
  ...watchingReaders(clients, prefix),
  ...messagingReaders(clients),
  ...computeReaders(clients),
  ...accessReaders(clients, region),
  ...athenaReaders(clients),
})

/**
 * Looks at all resources of a stack; undefined: there is no such stack. What may not be looked at is a fact that says so.
 *
 * @param prefix begins the names of its alarms and saved queries: `bucketwatch-prod`, in its sibling as well
 * @example
 * const facts = await fetchTemplateFacts(clients, { stackName, prefix: stackName, region: 'eu-west-1' })
 * if (facts !== undefined) checkTemplate(facts)
 */
export async function fetchTemplateFacts(
  clients: AdminClients,
  { stackName, prefix, region }: { readonly stackName: string; readonly prefix: string; readonly region: string },
): Promise<TemplateFacts | undefined> {
  try {
    const template = await readDeployedTemplate(clients, stackName)
    if (template === undefined) return undefined
    const readers = deployedReaders(clients, prefix, region)
    return { stackName, region, resources: known(await readAll(resolveTemplate(template), readers)) }
  } catch (error) {
    return { stackName, region, resources: unknown(errorMessage(error)) }
  }
}

async function readAll(resources: readonly TemplateResource[], readers: Readers): Promise<DeployedResource[]> {
  const found: DeployedResource[] = []
  for (let start = 0; start < resources.length; start += AT_ONCE) {
    found.push(...(await Promise.all(resources.slice(start, start + AT_ONCE).map((one) => read(one, readers)))))
  }
  return found
}

async function read(resource: TemplateResource, readers: Readers): Promise<DeployedResource> {
  const reader = readers[resource.type]
  if (reader === undefined) return { resource, deployed: unknown(`there is no comparison for ${resource.type} yet`) }
  try {
    return { resource, deployed: known(await reader(resource)) }
  } catch (error) {
    return { resource, deployed: unknown(errorMessage(error)) }
  }
}
