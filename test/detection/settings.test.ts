import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../shared/detection/problem.ts'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'

const KNOWN = { packs: ['cis', 's3-control'], rules: ['s3-policy-deleted', 'cis-08-s3-policy'] }

const ENVIRONMENT = {
  account: '111122223333',
  trustedAccounts: ['444455556666'],
  logBuckets: ['amzn-s3-demo-trail-logs'],
  allowRanges: ['203.0.113.0/24', '2001:db8::/32', '0.0.0.0/0'],
  blockRanges: ['192.0.2.128/25', '::ffff:192.0.2.0/120'],
  watchedBuckets: {
    'amzn-s3-demo-watched': [
      'arn:aws:sts::111122223333:assumed-role/query-role',
      'arn:aws:iam::111122223333:role/path/app',
      'arn:aws-cn:iam::111122223333:user/alice',
      'arn:aws:iam::111122223333:root',
    ],
  },
}

function read(text: string) {
  const parsed = parseSettings(text, 's.yml', KNOWN)
  return parsed.ok ? parsed.value : problems(text)
}

function problems(text: string): string[] {
  const parsed = parseSettings(text, 's.yml', KNOWN)
  return parsed.ok ? [] : parsed.problems.map((problem) => formatProblem(problem).replace('s.yml:', ''))
}

describe('parseSettings', () => {
  it('reads the environment, as JSON or YAML', () => {
    const json = JSON.stringify({ about: 'ours', ...ENVIRONMENT })
    expect(read(json)).toEqual({ ...EMPTY_SETTINGS, environment: ENVIRONMENT })
  })

  it('reads nothing as empty settings', () => {
    for (const text of ['', '\n', '# only a comment\n', '{}', 'about: nothing']) {
      expect(read(text)).toEqual(EMPTY_SETTINGS)
    }
  })

  it('reads how incidents are told, and what is kept out', () => {
    const settings = read(`
quietMinutes: 30
remindHours: 12
suppressions:
  - {rule: sal-anon-get, bucket: 'amzn-s3-demo-downloads*', until: 2026-12-31, reason: open data}
  - {person: alice, until: '2026-12-31T18:00+01:00', reason: a test}
`)
    expect(settings).toMatchObject({
      incidents: {
        quietMinutes: 30,
        remindHours: 12,
        suppressions: [
          {
            rule: 'sal-anon-get',
            bucket: 'amzn-s3-demo-downloads*',
            until: Date.UTC(2026, 11, 31),
            reason: 'open data',
          },
          { person: 'alice', until: Date.UTC(2026, 11, 31, 17), reason: 'a test' },
        ],
      },
    })
  })

  it('refuses suppressions without an end, a reason or an aim', () => {
    expect(read('suppressions: [{rule: x, reason: y}]')).toEqual([expect.stringContaining('suppressions[0].until')])
    expect(read('suppressions: [{rule: x, until: soon, reason: y}]')).toEqual([
      expect.stringContaining('expected a date'),
    ])
    expect(read('suppressions: [{until: 2026-12-31, reason: y}]')).toEqual([
      expect.stringContaining('expected at least one of rule, actor, person, key, bucket'),
    ])
    expect(read('quietMinutes: 1')).toEqual([expect.stringContaining('from 5 to 1440')])
  })

  it('reads packs and rules', () => {
    const settings = read(`
detections:
  packs: {cis: off, s3-control: true}
  rules:
    s3-policy-deleted:
      enabled: on
      threshold: 5
      allowActors: [arn:aws:iam::111122223333:role/deploy-*, cloudformation.amazonaws.com]
      allowAddresses: [192.0.2.1, 10.0.0.0/8, '2001:db8::1']
    cis-08-s3-policy: {}
`)
    expect(settings).toMatchObject({
      packs: { cis: false, 's3-control': true },
      rules: {
        's3-policy-deleted': { enabled: true, threshold: 5, allowBuckets: [], allowTools: [], allowKnownRanges: false },
      },
    })
    // What a rule's settings do not say must not override anything.
    const { rules } = settings as { rules: Record<string, { threshold?: number }> }
    expect(rules['cis-08-s3-policy']!.threshold).toBeUndefined()
  })

  it('reports every problem at once', () => {
    expect(
      problems(`account: 111122223333
trustedAcounts: []
trustedAccounts: ['12', '1234567890123']
allowRanges: [203.0.113.5, 10.0.0.0/33, '2001:db8::/129', 'all', 010.0.0.0/8]
logBuckets: ['arn:aws:s3:::amzn-s3-demo-bucket']
watchedBuckets:
  amzn-s3-demo: [alice, 'arn:aws:iam::1111:role/x', 'arn:aws:s3:::b']
  'a b': []
detections:
  packs: {ciss: on, s3-control: maybe}
  rules:
    s3-policy-delete: {enabled: 1}
    s3-policy-deleted: {threshold: five, alowTools: [x]}
`).map((problem) => problem.replace(/ expected .*found/, ' … found')),
    ).toEqual([
      '1:10 account: … found 111122223333 (a number)',
      '2:1 trustedAcounts: unknown key "trustedAcounts"; did you mean "trustedAccounts"?',
      '3:19 trustedAccounts[0]: … found "12"',
      '3:25 trustedAccounts[1]: … found "1234567890123"',
      '4:15 allowRanges[0]: … found "203.0.113.5"',
      '4:28 allowRanges[1]: … found "10.0.0.0/33"',
      '4:41 allowRanges[2]: … found "2001:db8::/129"',
      '4:59 allowRanges[3]: … found "all"',
      '4:66 allowRanges[4]: … found "010.0.0.0/8"',
      '5:14 logBuckets[0]: … found "arn:aws:s3:::amzn-s3-demo-bucket"',
      '7:18 watchedBuckets.amzn-s3-demo[0]: … found "alice"',
      '7:25 watchedBuckets.amzn-s3-demo[1]: … found "arn:aws:iam::1111:role/x"',
      '7:53 watchedBuckets.amzn-s3-demo[2]: … found "arn:aws:s3:::b"',
      '8:3 watchedBuckets.a b: … found "a b"',
      '10:11 detections.packs.ciss: there is no pack "ciss"; did you mean "cis"?',
      '10:33 detections.packs.s3-control: … found "maybe"',
      '12:5 detections.rules.s3-policy-delete: there is no rule "s3-policy-delete"; did you mean "s3-policy-deleted"?',
      '12:33 detections.rules.s3-policy-delete.enabled: … found 1 (a number)',
      '13:36 detections.rules.s3-policy-deleted.threshold: … found "five"',
      '13:42 detections.rules.s3-policy-deleted.alowTools: unknown key "alowTools"; did you mean "allowTools"?',
    ])
  })

  it.each([
    ['allowActors', '*'],
    ['allowActors', 'arn:*:role'],
    ['allowActors', 'a\u0001b'],
    ['allowBuckets', '**'],
    ['allowBuckets', ''],
    ['allowAddresses', '203.0.113.0/25'],
    ['allowAddresses', '2001:db8::/32'],
    ['allowAddresses', '203.0.113.*'],
  ])('refuses %s: %j', (list, value) => {
    const text = JSON.stringify({ detections: { rules: { 's3-policy-deleted': { [list]: [value] } } } })
    expect(read(text)).toEqual([expect.stringContaining(`detections.rules.s3-policy-deleted.${list}[0]: expected`)])
  })

  it.each(['[1]', 'text', 'null', '1'])('refuses %s', (text) => {
    expect(read(text)).toEqual([expect.stringContaining('1:1 expected a mapping')])
  })
})

describe('a very large settings file', () => {
  /** CPU time of reading it; the least of a few, since the machine has other work. */
  function cost(text: string): number {
    const times = [1, 2, 3].map(() => {
      const begun = process.cpuUsage()
      parseSettings(text, 's.yml')
      const { user, system } = process.cpuUsage(begun)
      return user + system
    })
    return Math.min(...times)
  }
  const watched = (count: number) =>
    `watchedBuckets:\n${Array.from({ length: count }, (_, index) => `  amzn-s3-demo-${index}: [arn:aws:iam::111122223333:role/a]`).join('\n')}`
  const unknown = (count: number) => Array.from({ length: count }, (_, index) => `key${index}: 1`).join('\n')

  it.each([
    ['many buckets', watched],
    ['many keys that do not exist', unknown],
  ])('takes work in proportion to its length: %s', (_name, textOf) => {
    cost(textOf(1_000))
    // Eight times the keys: sixty-four times the work where each is compared with each.
    const ratio = cost(textOf(16_000)) / cost(textOf(2_000))
    console.log(`8 times the keys: ${ratio.toFixed(1)} times the work`)
    expect(ratio).toBeLessThan(24)
  })

  it('tells the first thousand problems, and how many more there are', () => {
    const read = parseSettings(unknown(3_000), 's.yml')
    expect(read.ok ? [] : [read.problems.length, read.problems.at(-1)?.message]).toEqual([
      1001,
      'and 2,000 more problems',
    ])
  })

  it('is one problem where it is larger than anybody writes', () => {
    const read = parseSettings(watched(90_000), 's.yml')
    expect(read.ok ? [] : read.problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^is too large: \d+ characters; at most 4194304 are read$/),
    ])
  })

  it('keys that are there twice are told as ever', () => {
    const read = parseSettings('logBuckets: [a]\nlogBuckets: [b]', 's.yml')
    expect(read).toMatchObject({
      ok: false,
      problems: [{ line: 2, column: 1, message: 'not valid YAML: Map keys must be unique' }],
    })
  })
})
