import { beforeEach, expect, it } from 'vitest'
import { sourceFindings } from '../../cli/doctor-sources.ts'
import type { Io } from '../../cli/io.ts'
import { ACCESS, ACCOUNT, REGION, TRAIL } from '../doctor/support/facts.ts'
import { fakeAccount } from '../sources/support/account.ts'
import { deliveryPolicy } from '../sources/support/account-facts.ts'

let aws: ReturnType<typeof fakeAccount>
beforeEach(() => {
  aws = fakeAccount()
  aws.addStack()
  aws.addBucket(TRAIL)
  aws.addBucket(ACCESS, { policy: deliveryPolicy(ACCESS) })
  aws.addBucket('amzn-s3-demo-data', { logging: { TargetBucket: ACCESS, TargetPrefix: 'logs/' } })
})

const io = { env: {}, now: () => 0, progress() {} } as unknown as Io
const look = async () =>
  (await sourceFindings({ stage: 'prod', region: REGION }, io)).map(
    ({ level, subject, check }) => `${level} ${subject} ${check}`,
  )

it('looks at trails and buckets of the account, and reads only', async () => {
  expect(await look()).toEqual([
    `fail account ${ACCOUNT} trails`,
    `warn account ${ACCOUNT} data-events`,
    `ok account ${ACCOUNT} access-logging`,
  ])
  aws.addTrail('audit', TRAIL)
  expect(await look()).toEqual([
    'ok trail audit trail',
    `warn account ${ACCOUNT} data-events`,
    `ok account ${ACCOUNT} access-logging`,
  ])
  expect(aws.writes).toEqual([])
})
