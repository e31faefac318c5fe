import type { Environment } from '../../shared/record.ts'
import * as cast from './cast.ts'

const roleInAccessLog = (role: string): string => `arn:aws:sts::${cast.ACCOUNT}:assumed-role/${role}`

/** What the operators of the sample account know about it: the environment keys of a settings file. */
export const SETTINGS: Environment = {
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
}
