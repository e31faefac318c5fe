/** What people are told, scene by scene: whom a security engineer would want to know of, and how often. */
import { describe, expect, test } from 'vitest'
import { renderFinding } from '../../shared/alert/render-finding.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { alertRule } from '../alert/support.ts'
import {
  BUCKET,
  call,
  HOUR,
  hit,
  MINUTE,
  memoryTarget,
  nobody,
  rulesOf,
  START,
  tellerOf,
  testClock,
} from './support.ts'

const opening = (user: string, at: number, given: Record<string, unknown> = {}) =>
  call({ user, at, eventName: 'PutBucketPolicy', change: 'policy', public: true, ...given })

describe('who', () => {
  test('a second intruder within the same rule and minutes is a second incident, at once', async () => {
    const { teller, mail } = tellerOf()
    await teller.take([hit([opening('mallory', START)])])
    await teller.take([hit([opening('trudy', START + MINUTE)])])
    expect(mail.findings.map(({ person, event }) => [person, event])).toEqual([
      ['mallory', 'opened'],
      ['trudy', 'opened'],
    ])
    expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(2)
  })

  test('both in one object and one call of the function are two', async () => {
    const { teller, mail } = tellerOf()
    await teller.take([hit([opening('mallory', START)]), hit([opening('trudy', START)])])
    expect(mail.findings.map(({ person }) => person)).toEqual(['mallory', 'trudy'])
  })

  test('Terraform reads every day, and then a thief does: whoever it is is told', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    const terraform = { user: 'terraform', tool: 'terraform', key: 'state/terraform.tfstate' }
    for (let day = 0; day < 3; day += 1) {
      for (const at of [START, START + 30 * MINUTE]) {
        await pass(at + day * 24 * HOUR)
        await teller.take([
          hit([call({ ...terraform, at: clock.time })], { rule: 'data-cred-file', severity: 'medium' }),
        ])
      }
    }
    const theft = call({ user: 'thief', at: clock.time, key: 'home/.ssh/id_rsa' })
    await teller.take([hit([theft], { rule: 'data-cred-file', severity: 'medium' })])
    expect(mail.findings.at(-1)).toMatchObject({ event: 'opened', person: 'thief', severity: 'medium' })
    expect(mail.findings.at(-1)!.story[0]!.text).toContain('home/.ssh/id_rsa')
    // Terraform: an opening and a closing a day.
    expect(mail.findings.filter(({ person }) => person === 'terraform').map(({ event }) => event)).toEqual([
      'opened',
      'closed',
      'opened',
      'closed',
      'opened',
    ])
  })

  test('a person with one key and three addresses is one incident', async () => {
    const { teller, mail, clock } = tellerOf()
    for (const [index, sourceIPAddress] of ['198.51.100.7', '203.0.113.9', '2001:db8::1'].entries()) {
      clock.time += MINUTE
      await teller.take([hit([opening('mallory', START + index * MINUTE, { sourceIPAddress })])])
    }
    expect(mail.findings).toHaveLength(1)
    const [incident] = await teller.incidentsOf('person:111122223333/mallory')
    expect(incident!.rankings.addresses.distinct).toBe(3)
    expect(incident!.rankings.keyIds.top).toEqual([['AKIAMALLORY00EXAMPLE', 3]])
  })

  test('a person with many keys is one incident, with all of them named', async () => {
    const { teller, mail, pass, clock } = tellerOf()
    for (let n = 0; n < 30; n += 1) {
      const keyId = `AKIA${String(n).padStart(9, '0')}EXAMPLE`
      await teller.take([hit([opening('mallory', clock.time, { keyId, bucket: `amzn-s3-demo-${n}` })])])
      await pass(START + (n + 1) * MINUTE)
    }
    await pass(START + 8 * HOUR)
    expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(1)
    expect(mail.findings.length).toBeLessThanOrEqual(4)
    expect(mail.findings.at(-1)).toMatchObject({ event: 'closed', matches: 30 })
    expect(mail.findings.at(-1)!.keyIds.length).toBeGreaterThan(3)
  })

  test('a public download bucket with a thousand readers is one incident, and one message', async () => {
    const { teller, mail, pass } = tellerOf()
    for (let object = 0; object < 50; object += 1) {
      const readers = Array.from({ length: 20 }, (_, n) =>
        nobody({ at: START + object * MINUTE, key: `iso/${n}`, sourceIPAddress: `2001:db8:${object}::${n}` }),
      )
      await teller.take([hit(readers, { rule: 'sal-anon-get', log: 'access-log' })])
    }
    expect(mail.findings).toHaveLength(1)
    expect(mail.findings[0]).toMatchObject({ principal: `anonymous@${BUCKET}`, event: 'opened' })
    await pass(START + 8 * HOUR)
    expect(mail.findings.map(({ event, matches }) => [event, matches])).toEqual([
      ['opened', 20],
      ['closed', 1000],
    ])
    expect(mail.findings[1]!.addresses.length).toBeGreaterThan(10)
  })

  test('who opened a bucket, and nobody who then reads it, are one incident', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    await teller.take([hit([opening('mallory', START)], { severity: 'critical' })])
    clock.time += 5 * MINUTE
    const reads = ['198.51.100.200', '198.51.100.213', '198.51.100.231'].map((sourceIPAddress, n) =>
      nobody({ at: START + MINUTE, key: `exports/${n}`, sourceIPAddress }),
    )
    await teller.take([hit(reads, { rule: 'sal-anon-get', log: 'access-log' })])
    expect(mail.findings).toHaveLength(1)
    await pass(START + HOUR)
    expect(mail.findings.map(({ event }) => event)).toEqual(['opened', 'escalated'])
    expect(mail.findings[1]).toMatchObject({ news: ['sal-anon-get'], keyIds: ['AKIAMALLORY00EXAMPLE'] })
    expect(mail.findings[1]!.addresses).toHaveLength(4)
    expect(mail.findings[1]!.summary).toBe(`s3-policy-public: ${BUCKET} by mallory, and 1 more rule`)
  })

  test('the same where the readers are heard of first: their incident goes on in that of who let them in', async () => {
    const { teller, mail } = tellerOf()
    await teller.take([hit([nobody({ at: START + MINUTE })], { rule: 'sal-anon-get', log: 'access-log' })])
    await teller.take([hit([opening('mallory', START)], { severity: 'critical' })])
    expect(mail.findings.map(({ principal, event }) => `${principal} ${event}`)).toEqual([
      `anonymous@${BUCKET} opened`,
      'person:111122223333/mallory opened',
      `anonymous@${BUCKET} closed`,
    ])
    expect(mail.findings[2]!.mergedInto).toBe(mail.findings[1]!.incidentId)
    expect((await teller.incidentsOf('person:111122223333/mallory'))[0]).toMatchObject({ matches: 2, isOver: false })
  })

  test('what comes between two incidents of one person makes them one, and says so', async () => {
    const { teller, mail, pass } = tellerOf()
    await teller.take([hit([opening('mallory', START)])])
    await teller.take([hit([opening('mallory', START + 3 * HOUR)], { rule: 's3-acl-public' })])
    const [one, other] = mail.findings.map(({ incidentId }) => incidentId)
    expect(one).not.toBe(other)
    await teller.take([hit([opening('mallory', START + 1.5 * HOUR)], { rule: 's3-website' })])
    expect(mail.findings.at(-1)).toMatchObject({ incidentId: other, event: 'closed', mergedInto: one })
    await pass(START + 10 * HOUR)
    const ends = mail.findings.filter(({ event, mergedInto }) => event === 'closed' && mergedInto === undefined)
    expect(ends.map(({ incidentId, matches }) => [incidentId, matches])).toEqual([[one, 3]])
    expect(ends[0]!.rules.map(({ id }) => id).sort()).toEqual(['s3-acl-public', 's3-policy-public', 's3-website'])
  })

  test('one that is over stays what it is', async () => {
    const { teller, mail, pass, clock } = tellerOf()
    await teller.take([hit([opening('mallory', START)])])
    await pass(START + 2.5 * HOUR)
    await teller.take([hit([opening('mallory', clock.time)])])
    await teller.take([hit([opening('mallory', START + HOUR)])])
    await pass(START + 10 * HOUR)
    expect(mail.findings.every(({ mergedInto }) => mergedInto === undefined)).toBe(true)
    expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(2)
  })

  test('a key is its person', async () => {
    const { teller, mail, pass } = tellerOf()
    const key = 'AKIAMALLORY00EXAMPLE'
    const unnamed = { person: undefined, actor: undefined, actorType: 'unknown', userIdentity: undefined }
    await teller.take([hit([call({ ...unnamed, keyId: key, at: START })], { rule: 'presigned-odd', severity: 'low' })])
    await teller.take([hit([opening('mallory', START + MINUTE)])])
    await teller.take([
      hit([call({ ...unnamed, keyId: key, at: START + 2 * MINUTE })], { rule: 'presigned-odd', severity: 'low' }),
    ])
    await pass(START + 10 * HOUR)
    const ends = mail.findings.filter(({ event }) => event === 'closed')
    expect(ends.map(({ principal, matches, mergedInto }) => [principal, matches, mergedInto !== undefined])).toEqual([
      [`key:${key}`, 1, true],
      ['person:111122223333/mallory', 3, false],
    ])
  })
})

describe('how often', () => {
  test('several rules on one call are one line, and one message', async () => {
    const rules = [alertRule({ id: 'trail-stopped' }), alertRule({ id: 'cis-05-trail-config', pack: 'cis' })]
    const { teller, mail, pass } = tellerOf({ rules })
    const stop = call({ eventName: 'StopLogging', service: 'cloudtrail' })
    await teller.take([
      hit([stop], { rule: 'trail-stopped', severity: 'critical', object: 'o' }),
      hit([stop], { rule: 'cis-05-trail-config', severity: 'high', object: 'o' }),
    ])
    expect(mail.findings).toHaveLength(1)
    expect(mail.findings[0]!.story.map(({ rules }) => rules)).toEqual([['cis-05-trail-config', 'trail-stopped']])
    await pass(START + HOUR)
    expect(mail.findings).toHaveLength(1)
  })

  test('a rule that only repeats what was told, from the other log and hours later, is no news', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    const read = nobody({ source: 'cloudtrail' })
    await teller.take([hit([read], { rule: 'data-anon-read' })])
    clock.time += HOUR
    await teller.take([hit([{ ...read, source: 's3access' }], { rule: 'sal-anon-get', log: 'access-log' })])
    await pass(clock.time + HOUR)
    expect(mail.findings).toHaveLength(1)
    await pass(START + 24 * HOUR)
    expect(mail.findings[1]).toMatchObject({ event: 'closed', matches: 2 })
    expect(mail.findings[1]!.story).toHaveLength(1)
  })

  test('the higher severity is told within a minute, with what comes with it; the lower is not worth a message', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    await teller.take([hit([call({ at: START })], { rule: 'offensive-ua', severity: 'high' })])
    clock.time += 10 * MINUTE
    await teller.take([hit([call({ at: clock.time })], { rule: 's3-posture-recon', severity: 'medium' })])
    await pass(clock.time + 20 * MINUTE)
    expect(mail.findings).toHaveLength(1)
    await teller.take([hit([opening('mallory', clock.time)], { severity: 'critical' })])
    await pass(clock.time + 2 * MINUTE)
    expect(mail.findings[1]).toMatchObject({ event: 'escalated', severity: 'critical', news: ['s3-policy-public'] })
    expect(mail.findings[1]!.rules.map(({ id }) => id)).toEqual([
      's3-policy-public',
      'offensive-ua',
      's3-posture-recon',
    ])
  })

  test('updates come in batches, each later than the one before', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    for (let minute = 0; minute < 6 * 60; minute += 5) {
      await pass(START + minute * MINUTE)
      await teller.take([hit([call({ at: clock.time })], { rule: `rule-${minute}`, severity: 'high' })])
    }
    await pass(START + 6 * HOUR)
    const minutes = mail.findings.map(({ time }) => Math.round((Date.parse(time) - START) / MINUTE))
    expect(minutes).toEqual([0, 65, 125, 245])
    expect(mail.findings.at(-1)!.rules.length).toBeGreaterThan(40)
  })

  test('news waits until nothing more comes for a while, and is told with all that came', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    await teller.take([hit([call({ at: START })], { rule: 'offensive-ua' })])
    for (const minute of [40, 50, 65]) {
      await pass(START + minute * MINUTE)
      await teller.take([hit([call({ at: clock.time })], { rule: `rule-${minute}`, severity: 'high' })])
    }
    await pass(START + 84 * MINUTE)
    expect(mail.findings).toHaveLength(1)
    await pass(START + 86 * MINUTE)
    expect(mail.findings[1]).toMatchObject({ event: 'escalated', news: ['rule-40', 'rule-50', 'rule-65'] })
  })

  test('a new bucket is news', async () => {
    const { teller, mail, pass } = tellerOf()
    await teller.take([hit([call({ at: START })], { rule: 'data-mass-delete' })])
    await teller.take([hit([call({ at: START + MINUTE, bucket: 'amzn-s3-demo-other' })], { rule: 'data-mass-delete' })])
    await pass(START + HOUR)
    expect(mail.findings[1]).toMatchObject({ event: 'escalated', news: ['amzn-s3-demo-other'] })
  })

  test('one that goes on is told again every day, and closed once nothing more is heard', async () => {
    const { teller, mail, clock, pass } = tellerOf()
    for (let hour = 0; hour < 50; hour += 1) {
      await pass(START + hour * HOUR)
      await teller.take([hit([nobody({ at: clock.time })], { rule: 'sal-anon-get' })])
    }
    await pass(START + 100 * HOUR)
    expect(mail.findings.map(({ event }) => event)).toEqual(['opened', 'reminded', 'reminded', 'closed'])
    expect(mail.findings.at(-1)).toMatchObject({ matches: 50, isOver: true })
  })
})

describe('what comes late, twice, or at once', () => {
  test('lines of access logs that come hours late and in any order are one incident, closed once', async () => {
    const { teller, mail, pass } = tellerOf({})
    // When somebody reads, and when S3 tells of it.
    const reads = [
      [0, 1],
      [5.5, 6],
      [3, 7],
      [8, 11.5],
    ] as const
    for (const [happened, told] of reads) {
      await pass(START + told * HOUR)
      const read = nobody({ at: START + happened * HOUR })
      await teller.take([hit([read], { rule: 'sal-anon-get', log: 'access-log', object: `o${happened}` })])
    }
    await pass(START + 17 * HOUR)
    expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(1)
    expect(mail.findings.filter(({ event }) => event === 'closed')).toHaveLength(0)
    await pass(START + 18 * HOUR)
    expect(mail.findings.filter(({ event }) => event === 'closed')).toHaveLength(1)
  })

  test('redelivery adds nothing', async () => {
    const { teller, mail } = tellerOf()
    const one = hit([opening('mallory', START)])
    await teller.take([one, one])
    const again = await teller.take([one])
    expect(again).toMatchObject({ taken: 0, repeated: 1, told: 0 })
    expect(mail.findings).toHaveLength(1)
    expect((await teller.incidentsOf(one.principal))[0]!.matches).toBe(1)
  })

  test('what comes hours late is part of the incident of its time; after the end it is kept and calls nobody', async () => {
    const { teller, mail, record, pass } = tellerOf()
    await teller.take([hit([opening('mallory', START)])])
    await pass(START + 3 * HOUR)
    expect(mail.findings.map(({ event }) => event)).toEqual(['opened', 'closed'])
    await teller.take([hit([call({ user: 'mallory', at: START + MINUTE })], { rule: 'sal-low', severity: 'low' })])
    await pass(START + 12 * HOUR)
    expect(mail.findings).toHaveLength(2)
    expect(record.findings.map(({ event, matches }) => [event, matches])).toEqual([
      ['opened', 1],
      ['closed', 1],
      ['closed', 2],
    ])
  })

  test('what comes late and matters is told, in the same incident', async () => {
    const { teller, mail, pass } = tellerOf()
    await teller.take([hit([opening('mallory', START)])])
    await pass(START + 3 * HOUR)
    await teller.take([
      hit([call({ user: 'mallory', at: START + MINUTE })], { rule: 'sal-mass-delete', severity: 'critical' }),
    ])
    await pass(START + 12 * HOUR)
    expect(mail.findings.map(({ event }) => event)).toEqual(['opened', 'closed', 'escalated', 'closed'])
    expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(1)
  })

  test('hits of one person a day apart are two incidents, whatever the order in which they come', async () => {
    for (const turn of [0, 1]) {
      const { teller, mail } = tellerOf()
      const hits = [hit([opening('mallory', START - 24 * HOUR)]), hit([opening('mallory', START)])]
      for (const one of turn === 0 ? hits : hits.toReversed()) await teller.take([one])
      expect(new Set(mail.findings.map(({ incidentId }) => incidentId)).size).toBe(2)
    }
  })

  test('two instances at once: each hit counts, and each finding is told once', async () => {
    const clock = testClock()
    const state = createMemoryState({ now: () => clock.time })
    const sleep = () => new Promise((resolve) => setImmediate(resolve))
    const [a, b] = [tellerOf({ state, sleep }, clock), tellerOf({ state, sleep }, clock)]
    const hits = Array.from({ length: 20 }, (_, n) => hit([opening('mallory', START + n * MINUTE)]))
    await Promise.all(hits.map((one, n) => (n % 2 === 0 ? a : b).teller.take([one])))
    const told = [...a.mail.findings, ...b.mail.findings]
    expect(told.map(({ event }) => event)).toEqual(['opened'])
    expect((await a.teller.incidentsOf(hits[0]!.principal))[0]!.matches).toBe(20)
  })

  test('a target that fails is tried again; the others are not told twice', async () => {
    const { teller, mail, record, pass } = tellerOf()
    mail.isDown = true
    await teller.take([hit([opening('mallory', START)])])
    await pass(START + 10 * MINUTE)
    expect([record.findings.length, mail.findings.length]).toEqual([1, 0])
    mail.isDown = false
    await pass(START + HOUR)
    expect([record.findings.length, mail.findings.length]).toEqual([1, 1])
    expect(mail.findings[0]!.id).toBe(record.findings[0]!.id)
  })

  test('of eight targets seven are down: the eighth is told at once, once, and they are later', async () => {
    const all = Array.from({ length: 8 }, (_, n) => memoryTarget(`target-${n}`))
    const { teller, pass } = tellerOf({ targets: all })
    for (const target of all.slice(0, 7)) target.isDown = true
    await teller.take([hit([opening('mallory', START)])])
    expect(all.map(({ findings }) => findings.length)).toEqual([0, 0, 0, 0, 0, 0, 0, 1])
    for (const target of all) target.isDown = false
    await pass(START + HOUR)
    expect(all.map(({ findings }) => findings.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  })

  test('a function that ends between writing and telling leaves it to the schedule', async () => {
    const clock = testClock()
    const state = createMemoryState({ now: () => clock.time })
    const dying = tellerOf({ state }, clock)
    dying.mail.send = () => new Promise(() => {})
    dying.record.send = () => new Promise(() => {})
    void dying.teller.take([hit([opening('mallory', START)])])
    await new Promise((resolve) => setTimeout(resolve, 20))
    const next = tellerOf({ state }, clock)
    await next.pass(START + 5 * MINUTE)
    expect(next.mail.findings.map(({ event }) => event)).toEqual(['opened'])
  })
})

describe('what is kept out', () => {
  const suppression = { rule: 's3-policy-public', bucket: 'amzn-s3-demo-*', until: START + HOUR, reason: 'a website' }
  const settings = { quietMinutes: 120, remindHours: 24, suppressions: [suppression] }

  test('until its end, and it is counted', async () => {
    const { teller, mail, pass } = tellerOf({ settings })
    expect(await teller.take([hit([opening('mallory', START)])])).toMatchObject({ taken: 0, suppressed: 1 })
    expect(mail.findings).toHaveLength(0)
    await pass(START + HOUR)
    await teller.take([hit([opening('mallory', START + HOUR)])])
    expect(mail.findings[0]!.suppressed).toEqual([{ reason: 'a website', hits: 1 }])
    expect(renderFinding(mail.findings[0]!).text).toContain('Not told, as the settings ask: 1 hit (a website)')
  })

  test('by what the rule counts by, though not each record was looked at', async () => {
    const { teller, mail } = tellerOf({ settings: { ...settings, suppressions: [{ ...suppression, rule: '*' }] } })
    const some = hit([nobody({ at: START })], { rule: 'sal-403-spike', log: 'access-log', threshold: 50 })
    const many = { ...some, entity: { actor: 'anonymous', bucket: 'amzn-s3-demo-site' }, matches: 400 }
    expect(await teller.take([many])).toMatchObject({ taken: 0, suppressed: 1 })
    const unsaid = { ...many, id: 'another', entity: { actor: 'anonymous', bucket: 'unknown' } }
    expect(await teller.take([unsaid])).toMatchObject({ taken: 1, suppressed: 0 })
    expect(mail.findings).toHaveLength(1)
  })

  test('by whose the hit is, of hundreds of calls of which some were read', async () => {
    const theirs = { rule: 'data-cred-file', until: START + HOUR, reason: 'a scanner' }
    const read = hit([call({ user: 'mallory', at: START })], { rule: 'data-cred-file' })
    const many = { ...read, matches: 700 }
    for (const [suppression, taken] of [
      [{ ...theirs, person: 'mallory' }, 0],
      [{ ...theirs, person: 'trudy' }, 1],
    ] as const) {
      const { teller } = tellerOf({ settings: { ...settings, suppressions: [suppression] } })
      expect(await teller.take([many])).toMatchObject({ taken, suppressed: 1 - taken })
    }
  })

  test('only where every record fulfils it', async () => {
    const { teller, mail } = tellerOf({ settings })
    const both = [opening('mallory', START), opening('mallory', START, { bucket: 'customer-data' })]
    await teller.take([hit(both)])
    expect(mail.findings).toHaveLength(1)
  })
})

describe('what is said', () => {
  test('the headline says what nearly all records say', async () => {
    const { teller, mail } = tellerOf({ rules: rulesOf('ct-denied-spike') })
    const refused = Array.from({ length: 99 }, (_, n) =>
      call({
        user: 'mallory',
        at: START + n,
        eventName: 'ListKeys',
        requestParameters: n === 7 ? { bucketName: BUCKET } : {},
      }),
    )
    await teller.take([hit(refused, { rule: 'ct-denied-spike', threshold: 25 })])
    const [finding] = mail.findings
    expect(finding!.summary).toBe('Title of ct-denied-spike: by user mallory')
    expect(finding!.routing).toEqual({ actor: 'arn:aws:iam::111122223333:user/mallory' })
  })

  test('hostile texts are made harmless', async () => {
    const { teller, mail } = tellerOf()
    const key = 'a\u202eb\nSEVERITY low https://example.com @here'
    await teller.take([hit([opening('mallory', START, { key, requestParameters: { bucketName: BUCKET, key } })])])
    const { text, subject } = renderFinding(mail.findings[0]!)
    expect(text).not.toMatch(/[\u202e]|^SEVERITY|https:\/\/example|@here/m)
    expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/)
    expect(mail.findings[0]!.objects[0]!.value).toBe(`${BUCKET}/${key}`)
  })
})
