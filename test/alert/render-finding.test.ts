import { describe, expect, test } from 'vitest'
import { renderFinding, renderFindingBrief, renderFindingMessage } from '../../shared/alert/render-finding.ts'
import type { Finding, FindingRule } from '../../shared/incident/finding.ts'

const rule: FindingRule = {
  id: 's3-policy-public',
  title: 'Bucket policy grants Principal *',
  severity: 'critical',
  matches: 1,
  count: 'events',
  amount: 1,
  threshold: 1,
  window: 0,
  first: '2026-03-17T08:14:00Z',
  last: '2026-03-17T08:14:00Z',
  mitre: ['T1530'],
}
const deletes: FindingRule = {
  ...rule,
  id: 'data-mass-delete',
  title: 'Many objects deleted',
  severity: 'high',
  matches: 60,
  count: 'keys',
  amount: 1050,
  isAtLeast: true,
  threshold: 50,
  window: 300,
  mitre: ['T1485', 'T1490'],
}

const FINDING: Finding = {
  kind: 'finding',
  version: 1,
  id: 'inc-1.2',
  incidentId: 'inc-1',
  sequence: 2,
  event: 'escalated',
  time: '2026-03-17T08:21:00Z',
  severity: 'critical',
  title: 'Bucket policy grants Principal *',
  summary: 'Bucket policy grants Principal *: amzn-s3-demo-bucket by user mallory',
  principal: 'AKIAIOSFODNN7EXAMPLE',
  person: 'mallory@example.com',
  keyIds: ['AKIAIOSFODNN7EXAMPLE'],
  actors: [{ value: 'arn:aws:iam::111122223333:user/mallory', count: 61, type: 'user' }],
  sessions: [{ value: 'night-shift', count: 2 }],
  mfa: [{ value: 'no', count: 61 }],
  addresses: [
    { value: '203.0.113.9', count: 60, type: 'public' },
    { value: '198.51.100.7', count: 1, type: 'public' },
  ],
  tools: [{ value: 'aws-cli', count: 61 }],
  buckets: [{ value: 'amzn-s3-demo-bucket', count: 61 }],
  objects: ['a', 'b', 'c', 'd'].map((key) => ({ value: `amzn-s3-demo-bucket/${key}`, count: 1 })),
  outcomes: [{ value: 'success', count: 61 }],
  distinct: { actors: 1, addresses: 5, buckets: 1, objects: 1050 },
  rules: [rule, deletes],
  firstTime: '2026-03-17T08:14:00Z',
  lastTime: '2026-03-17T08:19:00Z',
  matches: 61,
  isOver: false,
  added: 60,
  news: ['data-mass-delete', 'amzn-s3-demo-bucket'],
  story: [
    { time: '2026-03-17T08:14:00Z', text: 'PutBucketPolicy: everybody may s3:GetObject', rules: ['s3-policy-public'] },
    {
      time: '2026-03-17T08:15:00Z',
      until: '2026-03-17T08:19:00Z',
      text: '60 × DeleteObjects',
      rules: ['data-mass-delete'],
    },
  ],
  leftOut: 0,
  runbook: ['Delete the policy.', 'Disable the key AKIAIOSFODNN7EXAMPLE.'],
  why: ['Anybody can read the bucket.'],
  falsePositives: ['A website.'],
  routing: { bucket: 'amzn-s3-demo-bucket', actor: 'user mallory' },
  links: { 'Logs Insights': 'https://eu-central-1.console.aws.amazon.com/cloudwatch/home#logs-insights' },
  accountId: '111122223333',
  region: 'eu-central-1',
  stage: 'prod',
}
const finding = (changes: Partial<Finding> = {}): Finding => ({ ...FINDING, ...changes })
const textOf = (changes: Partial<Finding> = {}) => renderFinding(finding(changes)).text
/** The lines below a heading. */
const below = (text: string, heading: string) =>
  (text.split('\n\n').find((part) => part.startsWith(heading)) ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim())

test('the whole text of an escalation', () => {
  expect(renderFinding(finding()).subject).toMatchInlineSnapshot(
    `"[CRITICAL] Update: Bucket policy grants Principal *: amzn-s3-demo-bucket by user mallory"`,
  )
  expect(textOf()).toMatchInlineSnapshot(`
    "[CRITICAL] Update: Bucket policy grants Principal *

    WHAT HAPPENED
    61 matches of 2 rules, from 2026-03-17 08:14:00 UTC to 2026-03-17 08:19:00 UTC.
    New: Many objects deleted; bucket amzn-s3-demo-bucket.
    08:14:00  PutBucketPolicy: everybody may s3:GetObject  [s3-policy-public]
    08:15:00 to 08:19:00  60 × DeleteObjects  [data-mass-delete]

    WHO
    user mallory (arn:aws:iam::111122223333:user/mallory): 61
    person mallory[@]example.com
    access key AKIAIOSFODNN7EXAMPLE
    session night-shift: 2
    MFA: no

    FROM WHERE
    203.0.113.9 (public): 60
    198.51.100.7 (public): 1
    and at least 3 more
    with aws-cli: 61

    ON WHAT
    bucket amzn-s3-demo-bucket: 61
    object amzn-s3-demo-bucket/a: 1
    object amzn-s3-demo-bucket/b: 1
    object amzn-s3-demo-bucket/c: 1
    and at least 1,047 more

    RULES
    critical  s3-policy-public: Bucket policy grants Principal *: 1 match, T1530
    high      data-mass-delete: Many objects deleted: 60 matches, at least 1,050 keys within 5 minutes (threshold 50), T1485, T1490

    WHY IT MATTERS
    Anybody can read the bucket.

    WHAT TO DO
    1. Delete the policy.
    2. Disable the key AKIAIOSFODNN7EXAMPLE.

    HARMLESS IF
    - A website.

    LOOK
    Logs Insights: https://eu-central-1.console.aws.amazon.com/cloudwatch/home#logs-insights

    INCIDENT
    Incident inc-1, message 2, of AKIAIOSFODNN7EXAMPLE
    Account 111122223333, Region eu-central-1, stage prod
    "
  `)
})

describe('what each event says', () => {
  test('an opening and an escalation tell what to do', () => {
    for (const event of ['opened', 'escalated'] as const) {
      const text = textOf({ event })
      expect(text).toContain('Disable the key AKIAIOSFODNN7EXAMPLE.')
      expect(text).toContain('Anybody can read the bucket.')
      expect(text).not.toContain('As told before.')
    }
    expect(below(textOf({ event: 'opened' }), 'WHAT HAPPENED').join()).not.toContain('New:')
  })

  test('a reminder points to what was told, and says that it goes on', () => {
    const text = textOf({ event: 'reminded' })
    expect(below(text, 'WHAT TO DO')).toEqual(['As told before.'])
    expect(text).not.toContain('Disable the key')
    expect(below(text, 'WHAT HAPPENED')[0]).toContain('It still goes on.')
    expect(text).toMatch(/^\[CRITICAL\] Goes on: /)
  })

  test('a closing says how long it was, and asks for nothing', () => {
    const text = textOf({ event: 'closed', isOver: true })
    expect(text).not.toContain('WHAT TO DO')
    expect(below(text, 'WHAT HAPPENED')[0]).toMatch(/Nothing more was heard since: it is over\. It lasted 5 minutes\.$/)
    expect(below(text, 'WHAT HAPPENED')[1]).toBe('New: Many objects deleted; bucket amzn-s3-demo-bucket.')
    const moment = textOf({ event: 'closed', lastTime: FINDING.firstTime, news: [] })
    expect(below(moment, 'WHAT HAPPENED')[0]).toMatch(/, at .*it is over\.$/)
    expect(moment).not.toContain('New:')
  })

  test('one that went into another says where it goes on', () => {
    expect(
      below(textOf({ event: 'closed', mergedInto: 'inc-0' }), 'WHAT HAPPENED')
        .slice(0, 2)
        .join(' '),
    ).toContain('It turned out to be part of incident inc-0, and goes on there.')
  })
})

describe('what it is about', () => {
  test('lists end with how many more there are', () => {
    const text = textOf()
    expect(below(text, 'FROM WHERE')).toContain('and at least 3 more')
    expect(below(text, 'ON WHAT').filter((line) => line.startsWith('object'))).toHaveLength(3)
    expect(below(text, 'ON WHAT')).toContain('and at least 1,047 more')
    expect(below(textOf({ leftOut: 3 }), 'WHAT HAPPENED')).toContain('and 3 more calls')
  })

  test('a rule that counts says how much of what within which time; one that hits at once does not', () => {
    const bytes: FindingRule = { ...deletes, id: 'b', count: 'bytes', amount: 5_368_709_120, threshold: 1e9, window: 0 }
    const { isAtLeast: _, ...exact } = { ...deletes, id: 'e', count: 'events' as const, amount: 60, window: 3600 }
    const [once, many, sum, events] = below(textOf({ rules: [rule, deletes, bytes, exact] }), 'RULES')
    expect(once).not.toContain('threshold')
    expect(many).toContain(', at least 1,050 keys within 5 minutes (threshold 50)')
    expect(sum).toContain(', at least 5,368,709,120 bytes (5.4 GB) (threshold 1,000,000,000)')
    expect(events).toContain(': 60 matches within 60 minutes (threshold 50), ')
  })

  test.each([
    // Two objects were read before the threshold was reached.
    [{ matches: 2, amount: 4 }, '2 of 4 matches within 60 minutes (threshold 3)'],
    [{ matches: 1, amount: 3, isAtLeast: true as const }, '1 of at least 3 matches within 60 minutes (threshold 3)'],
    [{ matches: 4, amount: 4 }, '4 matches within 60 minutes (threshold 3)'],
    [{ matches: 96, amount: 40 }, '96 matches, up to 40 within 60 minutes (threshold 3)'],
    [{ matches: 96, amount: 40, isAtLeast: true as const }, '96 matches, at least 40 within 60 minutes (threshold 3)'],
  ])('a rule that counts its matches tells them once: %j', (given, said) => {
    const { isAtLeast: _, ...counts } = { ...deletes, count: 'events' as const, threshold: 3, window: 3600 }
    expect(below(textOf({ rules: [{ ...counts, ...given }] }), 'RULES')[0]).toContain(
      `: Many objects deleted: ${said}, T1485`,
    )
  })

  test('a sequence has no matches of its own, and is said to be one', () => {
    const sequence = {
      ...rule,
      id: 'seq-x',
      title: 'First, then',
      matches: 17,
      window: 3600,
      isSequence: true as const,
    }
    const one = textOf({ rules: [sequence, rule, deletes] })
    expect(below(one, 'WHAT HAPPENED')[0]).toContain(
      "61 matches of 3 rules, 1 of them a sequence of the others' matches, from ",
    )
    expect(below(one, 'RULES')[0]).toContain('First, then: a sequence of 17 matches, T1530')
    const two = textOf({ rules: [sequence, { ...sequence, id: 'seq-y' }, rule, deletes] })
    expect(two).toContain("61 matches of 4 rules, 2 of them sequences of the others' matches, from ")
  })

  test('the numbers of a list add up to the matches that were read, and the text says how many these are', () => {
    const changes = {
      matches: 100,
      unread: 30,
      tools: [],
      buckets: [{ value: 'amzn-s3-demo-bucket', count: 61 }],
      distinct: { actors: 1, addresses: 5, buckets: 1, objects: 1050 },
    }
    const text = textOf(changes)
    expect(below(text, 'WHAT HAPPENED')[0]).toMatch(
      / 30 of the matches were counted and not read: who, from where and on what is told of the other 70\.$/,
    )
    expect(
      below(text, 'WHO')
        .slice(0, 2)
        .map((line) => line.replace(/.*: /, '')),
    ).toEqual(['61', '9'])
    expect(below(text, 'WHO')[1]).toBe('nobody named: 9')
    expect(below(text, 'FROM WHERE')).toEqual([
      '203.0.113.9 (public): 60',
      '198.51.100.7 (public): 1',
      'others, at least 3: 9',
    ])
    expect(below(text, 'ON WHAT')[1]).toBe('no bucket: 9')
    expect(textOf({ ...changes, unread: 39 })).not.toMatch(/nobody named|no bucket|others/)
    expect(textOf({ ...changes, unread: 1 })).toContain('1 of the matches was counted and not read')
  })

  test('a story of more than a day has the days', () => {
    const [first, run] = FINDING.story
    const days = below(textOf({ story: [first!, { ...run!, time: '2026-03-18T08:15:00Z' }] }), 'WHAT HAPPENED')
    expect(days.filter((line) => line.startsWith('2026-03-1'))).toHaveLength(2)
    expect(below(textOf(), 'WHAT HAPPENED').filter((line) => line.startsWith('08:1'))).toHaveLength(2)
  })

  test('MFA of one kind is a word, of two with their numbers; nothing is said of what is unknown', () => {
    expect(below(textOf(), 'WHO')).toContain('MFA: no')
    const mixed = [
      { value: 'yes', count: 2 },
      { value: 'no', count: 1 },
    ]
    expect(below(textOf({ mfa: mixed }), 'WHO')).toContain('MFA: yes 2, no 1')
    const bare = textOf({ mfa: [], keyIds: [], sessions: [], person: undefined as never })
    expect(below(bare, 'WHO')).toEqual([expect.stringContaining('mallory')])
  })

  test('what was suppressed is counted', () => {
    const suppressed = [{ reason: 'pentest until Friday', hits: 2 }]
    expect(below(textOf({ suppressed }), 'INCIDENT')).toContain(
      'Not told, as the settings ask: 2 hits (pentest until Friday)',
    )
  })
})

describe('the message to the topic', () => {
  const message = (changes: Partial<Finding> = {}) =>
    renderFindingMessage(finding(changes), renderFinding(finding(changes)))

  test('has a text for people, JSON for programs, and attributes to route by', () => {
    const { message: body, attributes } = message()
    const forms = JSON.parse(body)
    expect(forms.email).toBe(textOf())
    expect(forms.default).toBe(textOf())
    expect(forms.sms).toBe(renderFinding(finding()).subject)
    for (const name of ['sqs', 'lambda', 'https']) expect(JSON.parse(forms[name])).toEqual(FINDING)
    expect(attributes).toEqual({
      severity: 'critical',
      kind: 'escalated',
      stage: 'prod',
      account: '111122223333',
      detection: 's3-policy-public',
      incident: 'inc-1',
      bucket: 'amzn-s3-demo-bucket',
      actor: 'user mallory',
    })
    expect(message({ routing: {} }).attributes).not.toHaveProperty('bucket')
    expect(message({ routing: { actor: 'a\u0007b' } }).attributes.actor).toBe('a?b')
    expect(message({ routing: { actor: 'x'.repeat(300) } }).attributes.actor).toHaveLength(256)
  })

  test('one that is too large keeps ten of each, and counts what went', () => {
    const [line] = FINDING.story
    const story = Array.from({ length: 400 }, () => ({ ...line!, text: 'x'.repeat(400) }))
    const objects = Array.from({ length: 400 }, (_, n) => ({ value: `amzn-s3-demo-bucket/${n}`, count: 1 }))
    const { message: body } = message({ story, objects })
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(262_144 - 4096)
    const told = JSON.parse(JSON.parse(body).sqs) as Finding
    expect(told.story).toHaveLength(10)
    expect(told.leftOut).toBe(390)
    expect(told.objects).toHaveLength(10)
    expect(told.rules.map(({ id }) => id)).toEqual(['s3-policy-public', 'data-mass-delete'])
    expect(JSON.parse(body).email).toContain('and 390 more calls')
  })
})

describe('in a few lines', () => {
  const brief = (changes: Partial<Finding> = {}, lines = 3, width = 100) =>
    renderFindingBrief(finding(changes), { width, lines, at: (iso) => iso.slice(11, 16) })

  test('severity, time and title; who with which key; what happened', () => {
    const { head, lines } = brief()
    expect(head).toBe('CRITICAL  08:14–08:19  Update: Bucket policy grants Principal *')
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "          s3-policy-public and 1 more rule · by user mallory with AKIAIOSFODNN7EXAMPLE · from
                203.0.113.9, 198.51.100.7 and 3 more · on amzn-s3-demo-bucket
                08:14 PutBucketPolicy: everybody may s3:GetObject
                08:15 60 × DeleteObjects"
    `)
  })

  test('nobody without credentials has a key', () => {
    const actors = [
      { value: 'anonymous', count: 5 },
      { value: 'arn:aws:iam::111122223333:user/mallory', count: 2, type: 'user' },
    ]
    const said = brief({ actors, distinct: { ...FINDING.distinct, actors: 4 } })
      .lines.join(' ')
      .replace(/ +/g, ' ')
    expect(said).toMatch(/by anonymous, user mallory with AKIAIOSFODNN7EXAMPLE and 2 more/)
  })

  test('the lines that tell of a rule first come before others, and what has no room is counted', () => {
    const [first, run] = FINDING.story
    const story = [first!, { ...first!, text: 'again' }, { ...first!, text: 'and again' }, run!]
    const { lines } = brief({ story }, 2)
    expect(lines.join('\n')).toContain('60 × DeleteObjects')
    expect(lines.join('\n')).not.toContain('again')
    expect(lines.at(-1)!.trim()).toBe('… and 2 more')
    expect(brief({ story: [first!] }, 2).lines.at(-1)).not.toContain('more')
  })

  test('no line is wider than asked', () => {
    const { head, lines } = brief({ title: 'long '.repeat(50) }, 3, 60)
    for (const line of [head, ...lines]) expect(line.length).toBeLessThanOrEqual(60)
    expect(head.endsWith('…')).toBe(true)
  })
})
