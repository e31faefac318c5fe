/** Models for the tests of reports: an incident as it was, hostile texts, many rows, a quiet month. */
import type { Finding, FindingRule } from '../../shared/incident/finding.ts'
import {
  type MatchRow,
  type Ranking,
  type ReplayModel,
  type ReplayRule,
  TOP_LISTS,
  type TopLists,
} from '../../shared/replay/model.ts'
import { TRAFFIC_COLUMNS, type TrafficSeries } from '../../shared/replay/traffic.ts'

export const START = Date.parse('2026-03-17T06:00:00Z')
const MINUTE = 60_000
const iso = (minute: number): string => new Date(START + minute * MINUTE).toISOString()
const ALICE = 'arn:aws:iam::111122223333:user/alice'

export const findingRule = (id: string, severity: FindingRule['severity'], matches: number): FindingRule => ({
  id,
  title: `Title of ${id}`,
  severity,
  matches,
  count: 'events',
  amount: matches,
  threshold: 1,
  window: 0,
  first: iso(72),
  last: iso(180),
  mitre: ['T1485'],
})

export function finding(given: Partial<Finding> = {}): Finding {
  return {
    kind: 'finding',
    version: 1,
    id: 'a1b2c3d4e5f60718.3',
    incidentId: 'a1b2c3d4e5f60718',
    sequence: 3,
    event: 'closed',
    time: iso(300),
    severity: 'critical',
    title: 'Bucket policy grants Principal *',
    summary: 'Bucket policy grants Principal *: amzn-s3-demo-bucket by user alice',
    principal: 'person:111122223333/alice',
    person: 'alice',
    keyIds: ['AKIAIOSFODNN7EXAMPLE'],
    actors: [{ value: ALICE, count: 540, type: 'user' }],
    sessions: [],
    mfa: [],
    addresses: [{ value: '192.0.2.66', count: 540, type: 'public' }],
    tools: [{ value: 'awscli', count: 540 }],
    buckets: [{ value: 'amzn-s3-demo-bucket', count: 541 }],
    objects: [],
    outcomes: [{ value: 'success', count: 541 }],
    distinct: { actors: 1, addresses: 3, buckets: 1, objects: 540 },
    rules: [findingRule('s3-policy-public', 'critical', 1), findingRule('data-mass-delete', 'high', 540)],
    firstTime: iso(72),
    lastTime: iso(180),
    matches: 541,
    isOver: true,
    added: 0,
    news: [],
    story: [
      { time: iso(72), text: '12 × ListBuckets', rules: ['s3-enum'] },
      {
        time: iso(75),
        text: 'PutBucketPolicy on amzn-s3-demo-bucket: lets everybody s3:GetObject',
        rules: ['s3-policy-public'],
      },
      {
        time: iso(120),
        until: iso(124),
        text: '540 × DeleteObject on amzn-s3-demo-bucket',
        rules: ['data-mass-delete'],
      },
    ],
    leftOut: 2,
    runbook: ['Deactivate the key AKIAIOSFODNN7EXAMPLE.'],
    why: ['Everybody can read it.'],
    falsePositives: [],
    routing: {},
    links: {},
    accountId: '111122223333',
    region: '',
    stage: 'replay',
    ...given,
  }
}

export function rule(given: Partial<ReplayRule> = {}): ReplayRule {
  const time = [START + 75 * MINUTE, START + 120 * MINUTE]
  return {
    id: 'data-mass-delete',
    title: 'Mass object deletion',
    severity: 'high',
    pack: 'data',
    mitre: ['T1485'],
    kinds: ['cloudtrail'],
    isEnabled: true,
    state: 'matched',
    counting: { count: 'events', threshold: 100, window: 300, by: ['actor'] },
    matches: 540,
    hits: 2,
    incidents: 1,
    actors: { top: [{ value: ALICE, count: 540 }], distinct: 1 },
    buckets: { top: [{ value: 'amzn-s3-demo-bucket', count: 540 }], distinct: 1 },
    series: { time, value: [1, 539] },
    alarm: {
      name: 'bucketwatch-replay-data-mass-delete',
      period: 300,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 100,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      statistic: 'Sum',
      treatMissingData: 'notBreaching',
      datapoints: { time, value: [1, 539] },
      changes: [{ time: iso(125), state: 'ALARM' }],
      fired: 1,
      secondsInAlarm: 300,
    },
    noise: {
      incidentsPerDay: 1,
      alarmsPerDay: 0.5,
      shareInAlarm: 0.014,
      topActor: { value: ALICE, share: 1 },
      quieting: {
        snippet: `rules:\n  data-mass-delete:\n    allowActors:\n      - ${ALICE}`,
        hides: { matches: 540, incidents: 1 },
        leaves: { matches: 0, incidents: 0 },
      },
    },
    ...given,
  }
}

export function row(minute: number, given: Partial<MatchRow> = {}): MatchRow {
  return {
    time: iso(minute),
    rules: ['data-mass-delete'],
    severity: 'high',
    kind: 'cloudtrail',
    actor: ALICE,
    person: 'alice',
    keyId: 'AKIAIOSFODNN7EXAMPLE',
    ip: '192.0.2.66',
    bucket: 'amzn-s3-demo-bucket',
    key: `exports/${minute}.csv`,
    action: 'DeleteObject',
    outcome: 'success',
    tool: 'awscli',
    object: 'logs/a.json.gz',
    record: minute + 1,
    principal: 'person:111122223333/alice',
    incidentId: 'a1b2c3d4e5f60718',
    ...given,
  }
}

function traffic(minutes: number): TrafficSeries {
  const time = Array.from({ length: minutes }, (_, minute) => START + minute * MINUTE)
  const columns = TRAFFIC_COLUMNS.map((column, index) => [
    column,
    time.map((_, minute) => (column === 'requests' ? 10 + (minute % 7) : minute % (5 + index) === 0 ? 1 : 0)),
  ])
  return { time, ...Object.fromEntries(columns) } as TrafficSeries
}

const ranking = (values: readonly string[]): Ranking => ({
  top: values.map((value, index) => ({ value, count: 100 - index, bytes: 1000 * index })),
  distinct: values.length,
})

const TOPS: Partial<Record<keyof TopLists, readonly string[]>> = {
  actors: [ALICE, 'anonymous'],
  people: ['alice'],
  addresses: ['192.0.2.66', '198.51.100.9', '2001:db8::7'],
  buckets: ['amzn-s3-demo-bucket', 'amzn-s3-demo-other'],
  actions: ['DeleteObject', 'GetObject'],
  errors: ['AccessDenied'],
}

export function model(given: Partial<ReplayModel> = {}): ReplayModel {
  const of = { objects: 2, bytes: 1000, inflatedBytes: 9000, records: 3600, recordBytes: 5000 }
  const rows = Array.from({ length: 120 }, (_, minute) => row(minute))
  return {
    kind: 'replay',
    version: 1,
    inputs: { paths: ['logs'], clock: 'event', accounts: [], buckets: [], packs: [], rules: [] },
    span: { first: iso(0), last: iso(359) },
    totals: {
      objects: 2,
      bytes: 1000,
      skipped: 0,
      records: 3600,
      duplicates: 0,
      outOfSpan: 0,
      filtered: 0,
      dataEvents: 0,
      kinds: { cloudtrail: { ...of, matchingRecords: 120, matchingBytes: 900 } },
    },
    problems: [],
    incidents: [{ finding: finding(), opened: iso(76), closed: iso(300), messages: 2 }],
    incidentsLeftOut: 0,
    tellings: [
      {
        time: iso(76),
        incidentId: 'a1b2c3d4e5f60718',
        event: 'opened',
        severity: 'critical',
        subject: '[CRITICAL] Bucket policy grants Principal *',
        text: 'WHAT HAPPENED\n3 matching records',
      },
    ],
    rules: [
      rule(),
      rule({ id: 's3-policy-public', title: 'Bucket policy grants Principal *', severity: 'critical', matches: 1 }),
      rule({
        id: 'trail-stopped',
        title: 'Trail stopped',
        severity: 'critical',
        state: 'quiet',
        matches: 0,
        incidents: 0,
      }),
      rule({
        id: 'sal-scan',
        title: 'Scan',
        severity: 'low',
        state: 'blind',
        reason: 'no access logs',
        matches: 0,
        incidents: 0,
      }),
    ],
    traffic: { step: 60, kinds: { cloudtrail: traffic(360) }, grid: GRID },
    top: Object.fromEntries(TOP_LISTS.map((list) => [list, ranking(TOPS[list] ?? [])])) as TopLists,
    matrix: {
      cells: [
        {
          actor: ALICE,
          bucket: 'amzn-s3-demo-bucket',
          action: 'DeleteObject',
          count: 540,
          bytes: 0,
          errors: 0,
          first: iso(120),
          last: iso(124),
        },
        {
          actor: ALICE,
          bucket: 'amzn-s3-demo-bucket',
          action: 'PutBucketPolicy',
          count: 1,
          bytes: 0,
          errors: 0,
          first: iso(75),
          last: iso(75),
        },
        {
          actor: 'anonymous',
          bucket: 'amzn-s3-demo-other',
          action: 'GetObject',
          count: 9,
          bytes: 4000,
          errors: 3,
          first: iso(1),
          last: iso(300),
        },
      ],
      rest: 7,
    },
    matches: { total: rows.length, rows, leftOut: 0 },
    ...given,
  }
}

const GRID = Array.from({ length: 7 }, (_, day) => Array.from({ length: 24 }, (_, hour) => (day === 2 ? hour * 10 : 0)))

/** A month in which no rule had anything to tell. */
export const quietModel = (): ReplayModel =>
  model({
    incidents: [],
    tellings: [],
    rules: [rule({ state: 'quiet', matches: 0, hits: 0, incidents: 0 })],
    matches: { total: 0, rows: [], leftOut: 0 },
  })

/** Nothing was read. */
export const emptyModel = (): ReplayModel => {
  const { span: _, ...rest } = quietModel()
  return {
    ...rest,
    totals: { ...rest.totals, objects: 3, records: 0, kinds: {} },
    traffic: { step: 60, kinds: {}, grid: GRID.map((day) => day.map(() => 0)) },
    top: Object.fromEntries(TOP_LISTS.map((list) => [list, ranking([])])) as TopLists,
    matrix: { cells: [], rest: 0 },
    problems: [{ code: 'OBJECT_KIND', count: 3, examples: ['notes.txt: is no log'] }],
  }
}

/** What strangers may write into logs to break out of a page. */
export const HOSTILE = [
  '</script><script>window.hacked=1</script>',
  '<!--<script>',
  '<img src=x onerror="window.hacked=1">',
  '"><svg onload=window.hacked=1>',
  "javascript:window.hacked=1//'",
  '\u202eexe.fdp\u2066',
  'a\nb\r\tc\u0000\u001b[31m\u2028\u2029',
  '{{model}} $& $1 $`',
  '\ud800 lone',
  '=HYPERLINK("https://example.com")',
  '| a | **b** [x](https://example.com) `c`',
]

/** The same incident, with hostile text wherever a log may put text. */
export function hostileModel(): ReplayModel {
  const all = HOSTILE.join(' ')
  const base = model()
  const values = HOSTILE.map((value) => ({ value, count: 1 }))
  const hostile = finding({
    summary: all,
    person: all,
    keyIds: HOSTILE,
    actors: values,
    addresses: values,
    buckets: values,
    tools: values,
    outcomes: values,
    story: HOSTILE.map((text, index) => ({ time: iso(72 + index), text, rules: ['s3-policy-public'] })),
    runbook: HOSTILE,
    why: HOSTILE,
    falsePositives: HOSTILE,
  })
  const rows = HOSTILE.map((text, minute) =>
    row(minute, {
      actor: text,
      person: text,
      keyId: text,
      ip: text,
      bucket: text,
      key: text,
      action: text,
      outcome: text,
      tool: text,
      detail: text,
      object: text,
    }),
  )
  return {
    ...base,
    inputs: { ...base.inputs, paths: HOSTILE },
    problems: [{ code: 'OBJECT_KIND', count: 1, examples: HOSTILE }],
    incidents: [{ finding: hostile, opened: iso(76), messages: 1 }],
    tellings: [{ ...base.tellings[0]!, subject: all, text: HOSTILE.join('\n') }],
    top: Object.fromEntries(TOP_LISTS.map((list) => [list, ranking(HOSTILE)])) as TopLists,
    matrix: {
      cells: HOSTILE.map((text) => ({ ...base.matrix.cells[0]!, actor: text, bucket: text, action: text })),
      rest: 0,
    },
    rules: base.rules.map((one) => ({ ...one, actors: ranking(HOSTILE), buckets: ranking(HOSTILE), reason: all })),
    matches: { total: rows.length, rows, leftOut: 1 },
  }
}

/** As many rows as a report may have. */
export const largeModel = (rows: number): ReplayModel =>
  model({
    matches: {
      total: rows,
      leftOut: 0,
      rows: Array.from({ length: rows }, (_, index) =>
        row(index % 360, {
          key: `exports/${index}/part-${index % 97}.parquet`,
          ip: `198.51.100.${index % 250}`,
          severity: index % 50 === 0 ? 'critical' : 'medium',
          ...(index % 2 === 0 ? { person: `person-${index % 40}` } : {}),
        }),
      ),
    },
  })
