/** Which incident a matching record is part of. */
import { expect, test } from 'vitest'
import { denied, event, MINUTE, objectsOf, replayed, START } from './support.ts'

const BUCKET = 'amzn-s3-demo-bucket'

const opened = (at: number): object =>
  event({
    at,
    eventName: 'PutBucketPolicy',
    readOnly: false,
    requestParameters: {
      bucketName: BUCKET,
      bucketPolicy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/*` }],
      },
    },
  })

const byStranger = (at: number, bucketName = BUCKET): object =>
  event({
    at,
    userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' },
    eventName: 'GetObject',
    eventCategory: 'Data',
    managementEvent: false,
    sourceIPAddress: '203.0.113.9',
    requestParameters: { bucketName, key: `invoices/${at}.pdf` },
  })

test('a record is part of its principal’s incident, and of whoever let strangers in', async () => {
  const at = (minutes: number) => START + minutes * MINUTE
  const { model } = await replayed(
    objectsOf([
      [opened(at(0))],
      [byStranger(at(5)), byStranger(at(6)), byStranger(at(6), 'amzn-s3-demo-other')],
      Array.from({ length: 40 }, (_, n) => denied({ at: at(10) + n * 1000, user: 'trudy' })),
    ]),
  )
  const byPerson = new Map(model.incidents.map(({ finding }) => [finding.person, finding.incidentId]))
  const incidentsOf = (bucket: string | undefined, actor: string) => [
    ...new Set(
      model.matches.rows
        .filter((row) => row.bucket === bucket && row.actor?.endsWith(actor))
        .map(({ incidentId }) => incidentId),
    ),
  ]
  expect(byPerson.get('mallory')).toBeDefined()
  expect(byPerson.get('trudy')).toBeDefined()
  expect(incidentsOf(BUCKET, 'mallory')).toEqual([byPerson.get('mallory')])
  expect(incidentsOf(BUCKET, 'anonymous')).toEqual([byPerson.get('mallory')])
  expect(incidentsOf(undefined, 'trudy')).toEqual([byPerson.get('trudy')])
  // At another bucket nobody let them in: that is an incident of its own, or none.
  expect(incidentsOf('amzn-s3-demo-other', 'anonymous')).not.toContain(byPerson.get('mallory'))
})
