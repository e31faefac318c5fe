import type { Severity } from '../detection/schema.ts'
import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'
import { briefOf } from './brief.ts'
import { partition } from './ocsf.ts'

/** ASFF: characters of texts, entries of lists; a finding of 240 KB cannot come of them. */
export const ASFF_LIMITS = {
  title: 256,
  description: 1024,
  id: 512,
  resources: 32,
  resourceId: 512,
  types: 50,
  productFields: 50,
  productField: 2048,
  recommendation: 512,
} as const

const LABELS: Readonly<Record<Severity, string>> = {
  info: 'INFORMATIONAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  critical: 'CRITICAL',
}

/** Where the finding is imported: the function's own account and Region, which Security Hub insists on. */
export interface ImportingAccount {
  readonly accountId: string
  readonly region: string
}

/**
 * A finding in the AWS Security Finding Format. The incident's id is the finding's id: what happens to the incident
 * updates one finding, and closing it archives it.
 *
 * Source: Security Hub user guide, "AWS Security Finding Format (ASFF)", required top-level attributes and their limits;
 * API Reference, BatchImportFindings.
 *
 * @example
 * await client.send(new BatchImportFindingsCommand({ Findings: [securityFinding(finding, own)] }))
 */
export function securityFinding(finding: Finding, own: ImportingAccount) {
  const { accountId, region } = own
  const aws = partition(region)
  const label = LABELS[finding.severity]
  const types = finding.rules.some(({ mitre }) => mitre.length > 0)
    ? ['TTPs', 'Unusual Behaviors/Data']
    : ['Unusual Behaviors/Data']
  const recommendation = shorten(finding.runbook.join(' '), ASFF_LIMITS.recommendation)
  const [link] = briefOf(finding).links
  return {
    SchemaVersion: '2018-10-08',
    Id: shorten(`bucketwatch/${finding.stage}/${finding.incidentId}`, ASFF_LIMITS.id),
    ProductArn: `arn:${aws}:securityhub:${region}:${accountId}:product/${accountId}/default`,
    ProductName: 'bucketwatch',
    CompanyName: 'bucketwatch',
    GeneratorId: shorten(`bucketwatch/${finding.rules[0]?.id ?? 'incident'}`, ASFF_LIMITS.id),
    AwsAccountId: accountId,
    Region: region,
    // What decides which of two imports is the newer; Security Hub drops one that is older.
    CreatedAt: finding.firstTime,
    UpdatedAt: finding.time,
    FirstObservedAt: finding.firstTime,
    LastObservedAt: finding.lastTime,
    Title: text(finding.title, ASFF_LIMITS.title),
    Description: text(finding.summary, ASFF_LIMITS.description),
    FindingProviderFields: { Severity: { Label: label, Original: finding.severity }, Types: types },
    Severity: { Label: label, Original: finding.severity },
    Types: types,
    RecordState: finding.event === 'closed' ? 'ARCHIVED' : 'ACTIVE',
    Resources: resources(finding, aws),
    ProductFields: Object.fromEntries(
      productFields(finding)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [`bucketwatch/${name}`, text(value, ASFF_LIMITS.productField)]),
    ),
    ...(recommendation === '' ? {} : { Remediation: { Recommendation: { Text: recommendation } } }),
    ...(link === undefined ? {} : { SourceUrl: link[1] }),
  }
}

/** An empty text is refused. */
const text = (value: string, max: number): string => (value === '' ? '-' : shorten(value, max))

/** One at least: where no bucket is known, the account. */
function resources({ buckets, accountId, region }: Finding, aws: string) {
  if (buckets.length === 0)
    return [{ Type: 'AwsAccount', Id: `AWS::::Account:${accountId}`, Partition: aws, Region: region }]
  return buckets.slice(0, ASFF_LIMITS.resources).map(({ value }) => ({
    Type: 'AwsS3Bucket',
    Id: shorten(`arn:${aws}:s3:::${value}`, ASFF_LIMITS.resourceId),
    Partition: aws,
    Region: region,
  }))
}

function productFields(finding: Finding): (readonly [string, string])[] {
  const list = (values: readonly { readonly value: string }[]) => values.map(({ value }) => value).join(', ')
  return [
    ['Event', finding.event],
    ['Stage', finding.stage],
    ['Account', finding.accountId],
    ['Rules', finding.rules.map(({ id }) => id).join(', ')],
    ['Matches', String(finding.matches)],
    ['Person', finding.person ?? ''],
    ['AccessKeys', finding.keyIds.join(', ')],
    ['Actors', list(finding.actors)],
    ['Addresses', list(finding.addresses)],
  ]
}
