/** Would it be noisy? What would quiet it, and what that would hide. */
import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { event, MINUTE, objectsOf, replayed, START } from './support.ts'

const DAY = 24 * 60 * MINUTE

/** A bot that stops nothing, but reads the posture of everything, day after day; and once somebody else. */
function days(): object[][] {
  const opened = (day: number, user: string) =>
    event({
      at: START + day * DAY,
      user,
      eventName: 'DeleteBucketPolicy',
      readOnly: false,
      requestParameters: { bucketName: `amzn-s3-demo-bucket${day}` },
    })
  return [...Array.from({ length: 9 }, (_, day) => [opened(day, 'deploy-bot')]), [opened(9, 'mallory')]]
}

describe('a rule that one actor makes loud', () => {
  test('is told with the lines that quiet it, and what they hide and leave', async () => {
    const logs = objectsOf(days())
    const { model } = await replayed(logs)
    const rule = model.rules.find(({ id }) => id === 's3-policy-deleted')!
    expect(rule.incidents).toBe(10)
    expect(rule.noise.topActor).toEqual({ value: 'arn:aws:iam::111122223333:user/deploy-bot', share: 0.9 })
    expect(rule.noise.incidentsPerDay).toBeCloseTo(10 / 9, 5)
    const { snippet, hides, leaves } = rule.noise.quieting!
    expect(hides.matches).toBe(9)
    expect(leaves.matches).toBe(1)
    const parsed = parseSettings(snippet, 'settings.yml', { packs: [], rules: ['s3-policy-deleted'] })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    const quiet = await replayed({ ...logs, settings: parsed.value })
    expect(quiet.model.rules.find(({ id }) => id === 's3-policy-deleted')).toMatchObject(leaves)
  })

  test('is not quieted by a list that hides its matches and no incident, nor by whoever has a part in others', async () => {
    const policy = (day: number, user: string, bucketName: string) =>
      event({
        at: START + day * DAY,
        user,
        eventName: 'PutBucketPolicy',
        readOnly: false,
        requestParameters: {
          bucketName,
          bucketPolicy: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucketName}/*` },
            ],
          },
        },
      })
    const stranger = (day: number, bucketName: string) =>
      event({
        at: START + day * DAY + MINUTE,
        userIdentity: { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' },
        eventName: 'GetObject',
        eventCategory: 'Data',
        managementEvent: false,
        sourceIPAddress: '203.0.113.9',
        requestParameters: { bucketName, key: `invoices/${day}.pdf` },
      })
    const bucket = (day: number) => `amzn-s3-demo-bucket${day}`
    const opened = (day: number) => [policy(day, 'mallory', bucket(day)), stranger(day, bucket(day))]
    const each = Array.from({ length: 8 }, (_, day) => day)
    const noise = async (records: object[][]) =>
      (await replayed(objectsOf(records))).model.rules.find(({ id }) => id === 's3-policy-public')!.noise

    const alone = await noise(each.map(opened))
    expect(alone.incidentsPerDay).toBeGreaterThan(1)
    expect(alone.quieting).toBeUndefined()
    expect(alone.isNotQuieted).toBe(true)

    const both = await noise(each.map((day) => [...opened(day), policy(day, 'deploy-bot', `amzn-s3-demo-site${day}`)]))
    expect(both.quieting?.snippet).toContain('user/deploy-bot')
    expect(both.quieting?.snippet).not.toContain('mallory')
    expect(both.quieting).toMatchObject({ hides: { matches: 8, incidents: 8 }, leaves: { matches: 8, incidents: 8 } })
    expect(both.isNotQuieted).toBeUndefined()
  })

  test('is left alone where it told of one thing', async () => {
    const { model } = await replayed(objectsOf(days().slice(9)))
    expect(model.rules.find(({ id }) => id === 's3-policy-deleted')).toMatchObject({ incidents: 1 })
    expect(model.rules.every(({ noise }) => noise.quieting === undefined)).toBe(true)
  })
})
