import type { Severity } from '../detection/schema.ts'
import { actorName } from '../incident/actor-name.ts'
import type { Finding, FindingEvent } from '../incident/finding.ts'

/** The version of the Open Cybersecurity Schema Framework that is spoken here. */
const OCSF_VERSION = '1.5.0'
const CLASS_UID = 2004

const SEVERITY_ID: Readonly<Record<Severity, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 }
const SEVERITY_NAME: Readonly<Record<Severity, string>> = {
  info: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
}
/** Create, Update, Close. */
const ACTIVITY: Readonly<Record<FindingEvent, readonly [id: number, name: string]>> = {
  opened: [1, 'Create'],
  escalated: [2, 'Update'],
  reminded: [2, 'Update'],
  closed: [3, 'Close'],
}
/** New, In Progress, Resolved. */
const STATUS: Readonly<Record<FindingEvent, readonly [id: number, name: string]>> = {
  opened: [1, 'New'],
  escalated: [2, 'In Progress'],
  reminded: [2, 'In Progress'],
  closed: [4, 'Resolved'],
}

/**
 * A finding as an OCSF Detection Finding (class 2004) with the cloud profile. `finding_info.uid` is the incident's id,
 * the same for all its findings; `unmapped.bucketwatch` is the whole finding in our own words.
 *
 * Source: github.com/ocsf/ocsf-schema, events/findings/detection_finding.json and finding.json; objects/observable.json.
 *
 * @example
 * detectionFinding(finding).class_uid // 2004
 */
export function detectionFinding(finding: Finding) {
  const { event, severity, rules, buckets, addresses, actors, accountId, region } = finding
  const [activity_id, activity_name] = ACTIVITY[event]
  const [status_id, status] = STATUS[event]
  const first = Date.parse(finding.firstTime)
  const last = Date.parse(finding.lastTime)
  const account = { uid: accountId, type_id: 10, type: 'AWS Account' }
  return {
    activity_id,
    activity_name,
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS_UID,
    class_name: 'Detection Finding',
    type_uid: CLASS_UID * 100 + activity_id,
    type_name: `Detection Finding: ${activity_name}`,
    time: Date.parse(finding.time),
    start_time: first,
    end_time: last,
    count: Math.max(1, finding.matches),
    severity_id: SEVERITY_ID[severity],
    severity: SEVERITY_NAME[severity],
    status_id,
    status,
    // An end is no signal to act on.
    is_alert: event !== 'closed',
    message: finding.summary,
    metadata: {
      version: OCSF_VERSION,
      profiles: ['cloud'],
      uid: finding.id,
      product: { name: 'bucketwatch', vendor_name: 'bucketwatch', feature: { name: 'detections' } },
      tenant_uid: finding.stage,
    },
    cloud: { provider: 'AWS', region, account },
    finding_info: {
      uid: finding.incidentId,
      title: finding.title,
      desc: finding.summary,
      types: rules.map(({ id }) => id),
      created_time: first,
      first_seen_time: first,
      last_seen_time: last,
      modified_time: Date.parse(finding.time),
      ...(rules[0] === undefined ? {} : { analytic: analytic(rules[0]) }),
      related_analytics: rules.slice(1).map(analytic),
      attacks: [...new Set(rules.flatMap(({ mitre }) => mitre))].map((uid) => ({ technique: { uid }, version: '16' })),
    },
    resources: buckets.map(({ value }) => ({
      type: 'AWS::S3::Bucket',
      name: value,
      uid: bucketArn(value, region),
      cloud_partition: partition(region),
      region,
    })),
    evidences: actors.map((actor, index) => ({
      actor: {
        user: {
          name: actorName(actor),
          uid: actor.value,
          account,
          ...(index === 0 && finding.keyIds[0] !== undefined ? { credential_uid: finding.keyIds[0] } : {}),
        },
      },
      ...(addresses[index] === undefined ? {} : { src_endpoint: { ip: addresses[index].value } }),
    })),
    observables: [
      ...addresses.map(({ value }) => ({ name: 'evidences[].src_endpoint.ip', type_id: 2, type: 'IP Address', value })),
      ...buckets.map(({ value }) => ({
        name: 'resources[].uid',
        type_id: 10,
        type: 'Resource UID',
        value: bucketArn(value, region),
      })),
    ],
    ...(finding.runbook.length === 0 ? {} : { remediation: { desc: finding.runbook.join('\n') } }),
    unmapped: { bucketwatch: finding },
  }
}

const bucketArn = (bucket: string, region: string): string => `arn:${partition(region)}:s3:::${bucket}`

const analytic = ({ id, title }: Finding['rules'][number]) => ({ uid: id, name: title, type_id: 1, type: 'Rule' })

/** The partition of a Region. */
export const partition = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
