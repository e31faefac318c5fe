import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  alarmInWords,
  type DocumentedDetection,
  firstSentence,
  renderDetections,
  weekIn,
} from '../../shared/detection/doc.ts'
import { loadDetections } from '../../shared/files/detections.ts'

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
    expect(page).toBe(renderDetections(await loadDetections('infra/detections'), weekIn(page)))
  })
})

describe('renderDetections', () => {
  it('writes a row a rule', () => {
    expect(rows(renderDetections([RULE]))).toEqual([
      '| [s3-policy-deleted](../infra/detections/s3-control/s3-policy-deleted.yml)<br>Bucket policy deleted | medium ' +
        '| **on** | Somebody deleted a policy. | at least 1 in 5 minutes | cloudtrail ' +
        '| [T1562.008](https://attack.mitre.org/techniques/T1562/008/), 4.8 |',
    ])
  })

  it('says what a rule needs, and that it is off', () => {
    const rule = { ...RULE, enabled: false, sources: ['cloudtrail', 'access-log'], requires: ['dataEvents'] } as const
    const [row] = rows(renderDetections([{ ...rule, sources: [...rule.sources], requires: [...rule.requires] }]))
    expect(row).toContain('| medium | off |')
    expect(row).toContain('| cloudtrail, access-log; needs dataEvents |')
  })

  it('sorts packs and rules by name, and counts them', () => {
    const page = renderDetections([
      { ...RULE, id: 'b', severity: 'critical' },
      { ...RULE, id: 'a', enabled: false },
      { ...RULE, id: 'c', pack: 'cis' },
    ])
    expect(page.match(/^## .+$/gm)).toEqual(['## An ordinary week', '## Packs', '## cis', '## s3-control'])
    expect(rows(page).map((row) => /\[(\w)\]/.exec(row)?.[1])).toEqual(['c', 'a', 'b'])
    expect(page).toContain('3 rules, 2 of them on by default.')
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
    expect(renderDetections([])).toContain('0 rules, 0 of them on by default.')
  })
})

describe('alarmInWords', () => {
  const metric = { value: 1, unit: 'None' } as const
  it.each([
    ['at least 1 in 5 minutes', metric, {}],
    ['at least 10 in 24 hours', metric, { periodSeconds: 86_400, threshold: 10 }],
    ['at least 1 in 90 minutes', metric, { periodSeconds: 5400 }],
    [
      'more than 0 in 1 minute',
      metric,
      { periodSeconds: 60, threshold: 0, comparisonOperator: 'GreaterThanThreshold' },
    ],
    [
      'at least 20 in 5 minutes, in 1 of 2 periods',
      metric,
      { threshold: 20, evaluationPeriods: 2, datapointsToAlarm: 1 },
    ],
    [
      'fewer than 1 in 15 minutes, 4 times in a row; silence counts',
      metric,
      {
        periodSeconds: 900,
        evaluationPeriods: 4,
        comparisonOperator: 'LessThanThreshold',
        treatMissingData: 'breaching',
      },
    ],
    [
      'sum of $.bytesOut at least 10,000,000,000 in 1 hour',
      { value: '$.bytesOut', unit: 'Bytes' },
      { periodSeconds: 3600, threshold: 10_000_000_000 },
    ],
    [
      'average of $.lag at most 5 in 5 minutes',
      { value: '$.lag', unit: 'Seconds' },
      { statistic: 'Average', threshold: 5, comparisonOperator: 'LessThanOrEqualToThreshold' },
    ],
    ['at least 1 in 5 minutes', { value: '$.lag', unit: 'Seconds' }, { statistic: 'SampleCount' }],
  ] as const)('%s', (words, of, alarm) => {
    expect(alarmInWords({ metric: of, alarm: { ...ALARM, ...alarm } })).toBe(words)
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
