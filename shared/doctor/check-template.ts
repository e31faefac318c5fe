/** Whether the resources of a stack are what its template says: pure, over what was fetched. */
import { isObject } from '../basics/is-object.ts'
import type { JsonObject } from '../derive/json.ts'
import type { DeployedType } from './deployed-type.ts'
import { DEPLOYED_TYPES } from './deployed-types.ts'
import { type Difference, differences } from './differences.ts'
import { createReport, type Fact, type Finding, type Report } from './finding.ts'
import { type TemplateResource, Unresolved } from './template-values.ts'

const CHECK = 'template'
/** Of one resource; a policy that was replaced differs in each of its statements. */
const MAX_DIFFERENCES = 6
const MAX_VALUE = 160

/** A resource as it is deployed, in the template's words; undefined: it is gone. */
export interface DeployedResource {
  readonly resource: TemplateResource
  readonly deployed: Fact<JsonObject | undefined>
}

/** What one stack is made of. */
export interface TemplateFacts {
  readonly stackName: string
  readonly region: string
  /** Fact: the template itself may not be looked at. */
  readonly resources: Fact<readonly DeployedResource[]>
}

/**
 * Compares each resource with the template that the stack was last deployed with. What the template does not name is
 * compared where it can blind us: reserved concurrency, filter policies, actions that are switched off, layers, mute
 * rules, data protection, more subscriptions, permissions, policies or event sources than it has.
 *
 * @example
 * checkTemplate(facts).filter(({ level }) => level === 'fail').map(({ what }) => what)
 */
export function checkTemplate({ stackName, region, resources }: TemplateFacts): Finding[] {
  const report = createReport(stackName)
  if (!resources.known) return [report('warn', CHECK, `Could not look at the template: ${resources.reason}`)]
  if (resources.value.length === 0)
    return [report('fail', CHECK, 'The stack has none of the resources of its template.')]
  const all = resources.value.map(({ resource }) => resource)
  const found = resources.value.flatMap((one) => checkResource(report, one, all, region))
  const unread = resources.value.filter(({ deployed }) => !deployed.known)
  const right = resources.value.length - new Set(found.map(({ id }) => id)).size - unread.length
  return [
    ...(right > 0
      ? [report('ok', CHECK, `${right} of ${resources.value.length} resources are as the template says.`)]
      : []),
    ...found.map(({ finding }) => finding),
    ...notRead(report, unread),
    ...openValues(report, resources.value, all),
  ]
}

interface Found {
  readonly id: string
  readonly finding: Finding
}

function checkResource(
  report: Report,
  { resource, deployed }: DeployedResource,
  all: readonly TemplateResource[],
  region: string,
): Found[] {
  const type = DEPLOYED_TYPES[resource.type]
  if (type === undefined || !deployed.known) return []
  const subject = `The ${type.noun} ${type.nameOf(resource)}`
  const actual = deployed.value
  const finding = (level: 'warn' | 'fail', what: string, different: readonly string[]): Found => ({
    id: resource.logicalId,
    finding: report(level, CHECK, what, {
      why: type.harm,
      fix: type.restore(resource, { region, actual, different }).join('\n'),
    }),
  })
  if (actual === undefined) return [finding(isCosmetic(type, resource) ? 'warn' : 'fail', `${subject} is gone.`, [])]
  const { wrong, more } = compareResource(type, resource, actual, all)
  const properties = (list: readonly Difference[]) => [...new Set(list.map(({ path }) => propertyOf(path)))]
  return [
    ...(wrong.length === 0
      ? []
      : [
          finding(
            properties(wrong).every((name) => type.cosmetic?.includes(name)) ? 'warn' : 'fail',
            `${subject} is not as the template says: ${sentences(wrong)}`,
            properties(wrong),
          ),
        ]),
    ...(more.length === 0
      ? []
      : [finding('warn', `${subject} has more than the template says: ${sentences(more)}`, properties(more))]),
  ]
}

/** Whether all that the template says of it is for people's convenience. */
const isCosmetic = (type: DeployedType, { properties }: TemplateResource): boolean =>
  type.cosmetic !== undefined &&
  Object.keys(properties).every((name) => type.cosmetic?.includes(name) || name === 'DashboardName')

const propertyOf = (path: string): string => /^[^.[]*/.exec(path)?.[0] ?? path

function wantedOf(type: DeployedType, resource: TemplateResource, all: readonly TemplateResource[]): JsonObject {
  const wanted = { ...type.defaults, ...resource.properties, ...type.derived?.(resource, all) }
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !type.ignored?.includes(name)))
}

function compareResource(
  type: DeployedType,
  resource: TemplateResource,
  actual: JsonObject,
  all: readonly TemplateResource[],
): { readonly wrong: readonly Difference[]; readonly more: readonly Difference[] } {
  const found = Object.entries(wantedOf(type, resource, all)).flatMap(([name, value]) =>
    actual[name] instanceof Unresolved ? [] : differences(value, actual[name], name),
  )
  const isBeyond = ({ path }: Difference) => type.beyond?.includes(propertyOf(path)) === true
  return {
    wrong: found.filter((one) => !isBeyond(one)),
    more: found.filter((one) => isBeyond(one) && one.actual !== undefined),
  }
}

function sentences(list: readonly Difference[]): string {
  const told = list.slice(0, MAX_DIFFERENCES).map(sentence)
  const rest = list.length - told.length
  return `${told.join('; ')}${rest === 0 ? '' : `; and ${rest} more`}.`
}

function sentence({ path, expected, actual }: Difference): string {
  if (actual === undefined) return `${path} lacks ${shortly(expected)}`
  if (expected === undefined) return `${path} has ${shortly(actual)}, the template has not`
  return `${path} is ${shortly(actual)}, the template says ${shortly(expected)}`
}

function shortly(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`
}

/** What may not be read, or what we have no reader for, with each reason once. */
function notRead(report: Report, unread: readonly DeployedResource[]): Finding[] {
  const byReason = new Map<string, string[]>()
  for (const { resource, deployed } of unread) {
    const reason = deployed.known ? '' : deployed.reason
    byReason.set(reason, [...(byReason.get(reason) ?? []), resource.logicalId])
  }
  return [...byReason].map(([reason, ids]) => {
    const names = ids.length <= 5 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`
    return report('warn', CHECK, `Not compared: ${names}: ${reason}`)
  })
}

/** Single values that cannot be known from outside, on either side. */
function openValues(
  report: Report,
  resources: readonly DeployedResource[],
  all: readonly TemplateResource[],
): Finding[] {
  const open = resources.flatMap(({ resource, deployed }) => {
    const type = DEPLOYED_TYPES[resource.type]
    if (type === undefined || !deployed.known || deployed.value === undefined) return []
    const actual = deployed.value
    return Object.entries(wantedOf(type, resource, all)).flatMap(([name, value]) => {
      const reason = whyOpen(actual[name]) ?? whyOpen(value)
      return reason === undefined ? [] : [{ name: `${resource.logicalId}.${name}`, reason }]
    })
  })
  const reasons = [...new Set(open.map(({ reason }) => reason))]
  return reasons.map((reason) => {
    const names = open.filter((one) => one.reason === reason).map(({ name }) => name)
    const told = names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
    return report('warn', CHECK, `Not compared: ${told}: ${reason}`)
  })
}

function whyOpen(value: unknown): string | undefined {
  if (value instanceof Unresolved) return value.what
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
  for (const item of items) {
    const reason = whyOpen(item)
    if (reason !== undefined) return reason
  }
  return undefined
}
