/** What `coverage` tells of an account in which every state of a cell and every sight of a rule occurs. */
import path from 'node:path'
import { compileDetections } from '../../../shared/detection/compile.ts'
import { known, unknown } from '../../../shared/doctor/finding.ts'
import { loadDetections, loadSettings } from '../../../shared/files/detections.ts'
import { type CoverageReport, coverageOf } from '../../../shared/sources/coverage.ts'
import type { AccountSources } from '../../../shared/sources/facts.ts'
import { queueArn, REGION, TRAIL } from '../../doctor/support/facts.ts'
import { account, bucket, DATA, stack, target, trail } from './account-facts.ts'
import { RULES } from './rules.ts'

/** As a trail's name comes from a hostile account. */
export const HOSTILE_NAME = '<img src=x onerror="window.hacked=1">\u202e</script>'

async function rules() {
  const detections = await loadDetections('infra/detections')
  const wanted = new Set(RULES.map((rule) => path.basename(rule)))
  const settings = await loadSettings(undefined, {
    packs: [...new Set(detections.map(({ pack }) => pack))],
    rules: detections.map(({ id }) => id),
  })
  const chosen = detections.filter(({ id }) => wanted.has(id)).map((one) => ({ ...one, enabled: true }))
  return compileDetections({ detections: chosen, settings, stage: 'prod' }).rules
}

const report = async (facts: AccountSources): Promise<CoverageReport> =>
  coverageOf({
    stage: 'prod',
    region: REGION,
    accounts: [facts],
    stack,
    asked: [],
    rules: await rules(),
    options: '--stage prod',
  })

/** Six buckets, a trail with data events of a prefix, a loop, and things that could not be looked at. */
export const coverageReport = (): Promise<CoverageReport> =>
  report(
    account({
      trails: [
        trail({
          selectors: known({
            EventSelectors: [
              {
                IncludeManagementEvents: true,
                DataResources: [{ Type: 'AWS::S3::Object', Values: [`arn:aws:s3:::${DATA}/reports/`] }],
              },
            ],
          }),
        }),
        trail({
          arn: 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/odd',
          name: HOSTILE_NAME,
          status: known({
            logging: false,
            latestDelivery: undefined,
            latestDeliveryError: 'AccessDenied',
            latestDigestError: undefined,
          }),
        }),
      ],
      buckets: known([
        bucket(DATA),
        bucket('amzn-s3-demo-loop', {
          logging: known({ bucket: 'amzn-s3-demo-loop', prefix: '', layout: 'simple', grants: false }),
        }),
        bucket('amzn-s3-demo-hidden', { logging: unknown('s3:GetBucketLogging: AccessDenied: Access Denied') }),
        bucket('amzn-s3-demo-counted', {
          logging: known(undefined),
          requestMetrics: known([{ id: 'EntireBucket', filter: undefined }]),
          requests: known(2_500_000),
          versioning: known(undefined),
        }),
        bucket(target.bucket, { logging: known(undefined) }),
        bucket(TRAIL, {
          logging: known(undefined),
          notification: known({
            QueueConfigurations: [{ QueueArn: queueArn('cloudtrail'), Events: ['s3:ObjectCreated:*'] }],
          }),
        }),
      ]),
      publicAccessBlock: unknown('s3:GetAccountPublicAccessBlock: AccessDenied: Access Denied'),
      directoryBuckets: new Map([[REGION, known([{ bucket: 'amzn-s3-demo-bucket--euw1-az1--x-s3', region: REGION }])]]),
    }),
  )

/** So many buckets, each with half of it on. */
export const largeCoverage = (count: number): Promise<CoverageReport> =>
  report(
    account({
      buckets: known(Array.from({ length: count }, (_, n) => bucket(`amzn-s3-demo-${String(n).padStart(4, '0')}`))),
    }),
  )
