import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileDetections } from '../../shared/detection/compile.ts'
import {
  alarmInWords,
  type DocumentedDetection,
  firstSentence,
  isOnOnceSet,
  peopleInWords,
  renderDetections,
  weekIn,
} from '../../shared/detection/doc.ts'
import { loadDetections, loadSequences } from '../../shared/files/detections.ts'

const ALARM = {
  statistic: 'Sum',
  periodSeconds: 300,
  evaluationPeriods: 1,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  treatMissingData: 'notBreaching',
} as const

const RULE: DocumentedDetection = {
  id: 's3-policy-deleted',
  pack: 's3-control',
  title: 'Bucket policy deleted',
  severity: 'medium',
  enabled: true,
  description: 'Somebody deleted a policy. With it go its guards.',
  sources: ['cloudtrail'],
  requires: [],
  metric: { value: 1, unit: 'None' },
  alarm: ALARM,
  mitre: ['T1562.008'],
  cis: ['4.8'],
}

const rows = (page: string) => page.split('\n').filter((line) => line.startsWith('| [') && line.includes('.yml)'))

describe('docs/detections.md', () => {
  it('is what the detections say (npx node infra/detections-doc.ts writes it)', async () => {
    const page = readFileSync('docs/detections.md', 'utf8')
    expect(weekIn(page)).toContain('incidents of medium or more a day')
    const detections = await loadDetections('infra/detections')
    const sequences = await loadSequences(detections, 'infra/detections')
    expect(page).toBe(renderDetections(detections, weekIn(page), sequences))
    for (const { id } of sequences) expect(page).toContain(`| [${id}](../infra/detections/sequences/${id}.yml)<br>`)
  })

  it('says "once set" of just those rules that are off until a setting is given', async () => {
    const detections = await loadDetections('infra/detections')
    const off = new Set(compileDetections({ detections, stage: 'test' }).disabled)
    const waiting = detections.filter(({ id, enabled }) => enabled && off.has(id)).map(({ id }) => id)
    expect(waiting).not.toEqual([])
    expect(detections.filter(isOnOnceSet).map(({ id }) => id)).toEqual(waiting)
  })
})

describe('renderDetections', () => {
  it('writes a row a rule', () => {
    expect(rows(renderDetections([RULE]))).toEqual([
      '| [s3-policy-deleted](../infra/detections/s3-control/s3-policy-deleted.yml)<br>Bucket policy deleted | medium ' +
        '| **on** | Somebody deleted a policy. | people: each match, by principal; alarm: at least 1 in 5 min | cloudtrail ' +
        '| [T1562.008](https://attack.mitre.org/techniques/T1562/008/), 4.8 |',
    ])
  })

  it('says what a rule needs, and that it is off', () => {
    const rule = { ...RULE, enabled: false, sources: ['cloudtrail', 'access-log'], requires: ['dataEvents'] } as const
    const [row] = rows(renderDetections([{ ...rule, sources: [...rule.sources], requires: [...rule.requires] }]))
    expect(row).toContain('| medium | off |')
    expect(row).toContain('| cloudtrail, access-log; needs dataEvents |')
  })

  it('says which setting a rule waits for', () => {
    const page = renderDetections([
      { ...RULE, requires: ['blockRanges'] },
      { ...RULE, id: 'a', requires: ['account'] },
    ])
    expect(page).toContain('2 rules: 2 on, 1 of them once a setting is given.')
    expect(page).toContain('- `blockRanges`: `s3-policy-deleted`')
    expect(page).toContain('| [s3-control](#s3-control) | 2 | 2, 1 once set |')
    expect(rows(page).map((row) => row.split(' | ')[2])).toEqual(['**on**', '**on**, once `blockRanges` is set'])
    // One that is off waits for more than the setting.
    const off = renderDetections([{ ...RULE, requires: ['blockRanges'], enabled: false }])
    expect(off).toContain('1 rules: 0 on.')
    expect(rows(off)[0]).toContain('| off |')
  })

  it('writes a row a sequence, below the packs', () => {
    const sequence = {
      id: 'seq-a',
      title: 'One, then another',
      severity: 'high',
      description: 'Both came. And so on.',
      steps: [
        { name: 'first', rules: ['a', 'b'] },
        { name: 'then', rules: ['c'] },
      ],
      within: 86_400,
      mitre: ['T1530'],
    } as const
    const steps = sequence.steps.map(({ name, rules }) => ({ name, rules: [...rules] }))
    const page = renderDetections([RULE], '', [{ ...sequence, steps, mitre: [...sequence.mitre] }])
    expect(page).toContain('\n## sequences\n')
    expect(rows(page).at(-1)).toBe(
      '| [seq-a](../infra/detections/sequences/seq-a.yml)<br>One, then another | high | Both came. ' +
        '| 1. first: `a`, `b`<br>2. then: `c` | 24 h | [T1530](https://attack.mitre.org/techniques/T1530/) |',
    )
  })

  it('sorts packs and rules by name, and counts them', () => {
    const page = renderDetections([
      { ...RULE, id: 'b', severity: 'critical' },
      { ...RULE, id: 'a', enabled: false },
      { ...RULE, id: 'c', pack: 'cis' },
    ])
    expect(page.match(/^## .+$/gm)).toEqual(['## An ordinary week', '## Packs', '## cis', '## s3-control'])
    expect(rows(page).map((row) => /\[(\w)\]/.exec(row)?.[1])).toEqual(['c', 'a', 'b'])
    expect(page).toContain('3 rules: 2 on.')
    expect(page).toContain('| [s3-control](#s3-control) | 2 | 1 | 1 | 0 | 1 | 0 | 0 |')
  })

  it('lets no text break the table', () => {
    const nasty = { ...RULE, title: 'a | b\nc <script> [x](y) * _ \\', cis: ['1|2'] }
    const [row, ...others] = rows(renderDetections([nasty]))
    expect(others).toEqual([])
    expect(row).toContain('<br>a \\| b c &lt;script> \\[x\\](y) \\* \\_ \\\\ | medium |')
    // Eight bars that are none of the text's make seven columns.
    expect(row?.replaceAll(/\\./g, '').match(/\|/g)).toHaveLength(8)
  })

  it('is empty but whole without rules', () => {
    expect(renderDetections([])).toContain('0 rules: 0 on.')
  })
})

describe('alarmInWords', () => {
  const metric = { value: 1, unit: 'None' } as const
  it.each([
    ['at least 1 in 5 min', metric, {}],
    ['at least 10 in 24 h', metric, { periodSeconds: 86_400, threshold: 10 }],
    ['at least 1 in 90 min', metric, { periodSeconds: 5400 }],
    ['more than 0 in 1 min', metric, { periodSeconds: 60, threshold: 0, comparisonOperator: 'GreaterThanThreshold' }],
    ['at least 20 in 5 min, in 1 of 2 periods', metric, { threshold: 20, evaluationPeriods: 2, datapointsToAlarm: 1 }],
    [
      'fewer than 1 in 15 min, 4 times in a row; silence counts',
      metric,
      {
        periodSeconds: 900,
        evaluationPeriods: 4,
        comparisonOperator: 'LessThanThreshold',
        treatMissingData: 'breaching',
      },
    ],
    [
      'at least 10 GB in 1 h',
      { value: '$.bytesOut', unit: 'Bytes' },
      { periodSeconds: 3600, threshold: 10_000_000_000 },
    ],
    [
      'average of $.lag at most 5 in 5 min',
      { value: '$.lag', unit: 'Seconds' },
      { statistic: 'Average', threshold: 5, comparisonOperator: 'LessThanOrEqualToThreshold' },
    ],
    ['at least 1 in 5 min', { value: '$.lag', unit: 'Seconds' }, { statistic: 'SampleCount' }],
  ] as const)('%s', (words, of, alarm) => {
    expect(alarmInWords({ metric: of, alarm: { ...ALARM, ...alarm } })).toBe(words)
  })
})

describe('peopleInWords', () => {
  const bytes = { value: '$.bytesOut', unit: 'Bytes' } as const
  it.each([
    ['each match, by principal', {}],
    [
      '10 GB by actor in 1 h',
      { by: ['actor'], metric: bytes, threshold: 10e9, alarm: { ...ALARM, periodSeconds: 3600 } },
    ],
    ['1,500 MB by principal in 5 min', { metric: bytes, threshold: 1_500_000_000 }],
    ['1,234 bytes', { metric: bytes, threshold: 1234 }],
    ['50 by actor, bucket in 15 min', { by: ['actor', 'bucket'], threshold: 50, window: 900 }],
    ['5,000 different keys by principal in 90 s', { count: 'keys', threshold: 5000, window: 90 }],
    [
      '600 deletes by principal in 24 h, or 3 times the usual day if that is more',
      { count: 'deletes', threshold: 600, window: 86_400, aboveUsual: 3 },
    ],
    [undefined, { by: 'none' }],
    [undefined, { sources: ['pipeline'] }],
  ] as const)('%s', (words, of) => {
    const told = peopleInWords({ ...RULE, ...of } as DocumentedDetection)
    if (words === undefined) expect(told).toBeUndefined()
    else expect(told).toContain(words)
  })
})

describe('firstSentence', () => {
  it.each([
    ['One. Two.', 'One.'],
    ['Only one.', 'Only one.'],
    ['No end', 'No end'],
    ['Was it S3.GET or aws.amazon.com? Look.', 'Was it S3.GET or aws.amazon.com?'],
    ['Over\nlines. Next.', 'Over\nlines.'],
    ['Tools (rclone, e.g. here) count. And so on.', 'Tools (rclone, e.g. here) count.'],
  ])('%j', (text, sentence) => {
    expect(firstSentence(text)).toBe(sentence)
  })
})
