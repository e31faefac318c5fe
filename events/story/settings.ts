import type { Environment } from '../../shared/contracts/record.ts'
import * as cast from './cast.ts'

const roleInAccessLog = (role: string): string => `arn:aws:sts::${cast.ACCOUNT}:assumed-role/${role}`

/**
 * The settings file of the sample account: what its operators know about it, and some rules that are off by default:
 * what auditors ask for, and what many an account has scripts for. This one has none.
 */
export const SETTINGS: Environment & { readonly detections: { readonly rules: Readonly<Record<string, unknown>> } } = {
  account: cast.ACCOUNT,
  trustedAccounts: [cast.PARTNER_ACCOUNT],
  logBuckets: [cast.TRAIL_LOGS.name, cast.ACCESS_LOGS.name],
  allowRanges: ['10.0.0.0/8', '203.0.113.0/24', '2001:db8:0:10::/64'],
  blockRanges: ['198.51.100.192/26'],
  watchedBuckets: {
    [cast.CUSTOMER_DATA.name]: [
      roleInAccessLog('web-app'),
      roleInAccessLog('thumbnailer'),
      roleInAccessLog('report-job'),
      `arn:aws:sts::${cast.PARTNER_ACCOUNT}:assumed-role/partner-analytics`,
    ],
  },
  detections: {
    rules: {
      'cis-01-unauthorized': { enabled: true },
      'cis-08-s3-policy': { enabled: true },
      's3-bucket-enum': { enabled: true },
      's3-posture-recon': { enabled: true },
      'sal-anon-get': { enabled: true },
    },
  },
}
