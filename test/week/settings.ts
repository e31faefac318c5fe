/** What the week's account knows of itself: the settings with which it is quieter still, as docs/detections.md has them. */

import { ACCESS_LOGS, TRAIL_LOGS } from '../../events/story/cast.ts'
import type { Detection } from '../../shared/detection/schema.ts'
import { EMPTY_SETTINGS, type Settings } from '../../shared/detection/settings.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'

export const SETTINGS_TEXT = `account: '111122223333'
trustedAccounts: ['444455556666']
organizations: [o-exampleorgid]
vpcEndpoints: [vpce-0a1b2c3d4e5f60718]
distributions: [E1EXAMPLE2EXAMPLE]
allowRanges: [10.0.0.0/8, 203.0.113.0/24]
deployers: ['arn:aws:iam::111122223333:role/bucketwatch-deploy']
purposes:
  amzn-s3-demo-www: website
  amzn-s3-demo-downloads: downloads
  amzn-s3-demo-trail-logs: logs
  amzn-s3-demo-access-logs: logs
detections:
  rules:
    # Hosted runners, functions without a network of their own, and people at home come from anywhere.
    ip-outside-allow:
      allowActors:
        - arn:aws:iam::111122223333:role/ci-*
        - arn:aws:iam::111122223333:role/terraform-*
        - arn:aws:iam::111122223333:role/bucketwatch-deploy
        - arn:aws:iam::111122223333:role/preview-*
        - arn:aws:iam::111122223333:role/AWSReservedSSO_*
`

/** Without a settings file a deployment knows which buckets it reads, and nothing else. */
export const OUT_OF_THE_BOX: Settings = {
  ...EMPTY_SETTINGS,
  environment: {
    ...EMPTY_SETTINGS.environment,
    readBuckets: { cloudtrail: [TRAIL_LOGS.name], 'access-log': [ACCESS_LOGS.name] },
  },
}

/** The settings, read as a file would be. */
export function weekSettings(detections: readonly Detection[], text = SETTINGS_TEXT): Settings {
  const known = { packs: detections.map(({ pack }) => pack), rules: detections.map(({ id }) => id) }
  const read = parseSettings(text, 'week.yml', known)
  if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('; '))
  return read.value
}
