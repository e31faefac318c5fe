import { describe, expect, it } from 'vitest'
import { CSV_TABLES, type CsvTable, csvLines } from '../../shared/report/csv.ts'
import { ALL_CALLS } from '../../shared/report/headline.ts'
import { type PageModel, renderHtml } from '../../shared/report/html.ts'
import { renderMarkdown } from '../../shared/report/markdown.ts'
import { unpackRow } from '../../shared/report/pack.ts'
import { emptyModel, HOSTILE, hostileModel, model, quietModel } from './model.ts'

const PAGE = '<script type="application/json">{{model}}</script><script>1</script>'
const contentOf = (html: string): string => /json">(.*)<\/script><script>1/s.exec(html)![1]!

describe('the page', () => {
  it('holds the model, and its rows as they were', () => {
    const given = model()
    const content = JSON.parse(contentOf(renderHtml(given, { page: PAGE, version: '0.2.0' }))) as PageModel
    expect(content.version).toBe('0.2.0')
    expect(content.replay).toEqual({ ...given, matches: { ...given.matches, rows: [] } })
    expect(unpackRow(content.rows, 7)).toEqual({ ...given.matches.rows[7], time: '2026-03-17T06:07:00.000Z' })
  })

  it('is not ended or changed by what strangers wrote', () => {
    const html = renderHtml(hostileModel(), { page: PAGE, version: '0.2.0' })
    const content = contentOf(html)
    expect(content).not.toMatch(/[<\u2028\u2029]/)
    expect(html.endsWith('</script><script>1</script>')).toBe(true)
    expect(JSON.parse(content).replay.inputs.paths).toEqual(JSON.parse(JSON.stringify(HOSTILE)))
  })

  it('needs a place', () => {
    expect(() => renderHtml(model(), { page: '<html>', version: '1' })).toThrow('no place')
  })
})

describe('Markdown', () => {
  it('tells what happened', () => {
    const text = renderMarkdown(model({ incidentsLeftOut: 3 }))
    expect(text.split('\n')[0]).toBe('# 4 incidents: 1 critical, 3 not listed')
    for (const part of [
      '## CRITICAL: Bucket policy grants Principal \\*: amzn-s3-demo-bucket by user alice',
      '2026-03-17 07:12–09:00 UTC · 541 matches · told 2026-03-17 07:16:00, 2 messages · `a1b2c3d4e5f60718`',
      '- **Who** alice\n- **As** alice (540)\n- **Keys** AKIAIOSFODNN7EXAMPLE\n- **From** 192.0.2.66 (540) and 2 more',
      '- 08:00:00 540 × DeleteObject on amzn-s3-demo-bucket\n- … and 2 more calls',
      '### Mailed 2026-03-17 07:16:00 UTC\n\n    Subject: [CRITICAL] Bucket policy grants Principal *\n\n    WHAT HAPPENED',
      '3 more incidents, none worse, are not listed.',
      '2 matched, 1 watched and matched nothing, 1 had nothing to watch.',
      '| data-mass-delete | high | 540 | 1 | 1.0 | 0.5 | alice 100 % |',
      '- sal-scan: no access logs',
      '| amzn-s3-demo-other | 99 | 1.0 kB |',
      '- cloudtrail: 3,600 records of 2 objects, 1.0 kB',
      'settings: the defaults',
    ])
      expect(text).toContain(part)
  })

  it('calls an incident as the table and the page do, and says of what time its calls are', () => {
    const title = 'Bucket policy grants Principal *: amzn-s3-demo-bucket and 2 more buckets by alice, and 4 more rules'
    const [first] = model().incidents
    const { finding } = first!
    const distinct = { ...finding.distinct, actors: 2 }
    const given = model({ incidents: [{ ...first!, finding: { ...finding, summary: title, distinct } }] })
    expect(renderMarkdown(given)).toContain(`## CRITICAL: ${title.replace('*', '\\*')}\n`)
    expect([...csvLines(given, 'incidents')][1]).toContain(`"${title}"`)
    expect(renderMarkdown(given)).toContain(`- **${ALL_CALLS}** `)
  })

  it('tells of quiet, and of nothing', () => {
    expect(renderMarkdown(quietModel())).toContain('# No incident\n')
    expect(renderMarkdown(emptyModel())).toContain('# No record was read\n')
    expect(renderMarkdown(emptyModel())).toContain('- OBJECT\\_KIND, 3 times: notes.txt: is no log'.replace('\\_', '_'))
  })

  it('gives strangers no markup, no link and no line', () => {
    const text = renderMarkdown(hostileModel())
    const outside = text
      .split('\n')
      .filter((line) => !line.startsWith('    '))
      .join('\n')
    expect(outside).not.toMatch(/(?<!\\)[<>]|\[x\]\(|https?:\/\/|(?<!\\)\*\*b|(?<!\\)`c/)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2028\u2029\u2066-\u2069]/)
    for (const line of outside.split('\n').filter((one) => one.startsWith('| ')))
      expect([4, 8]).toContain(line.replaceAll('\\|', '').split('|').length - 1)
  })
})

describe('CSV', () => {
  const lines = (name: CsvTable, given = model()) => [...csvLines(given, name)]

  it('has a line for each record, incident, and who did what', () => {
    expect(lines('matches')).toHaveLength(121)
    expect(lines('matches')[1]).toBe(
      '2026-03-17T06:00:00.000Z,high,data-mass-delete,alice,arn:aws:iam::111122223333:user/alice,AKIAIOSFODNN7EXAMPLE,192.0.2.66,DeleteObject,success,amzn-s3-demo-bucket,exports/0.csv,,awscli,,cloudtrail,logs/a.json.gz,1,person:111122223333/alice,a1b2c3d4e5f60718',
    )
    expect(lines('incidents')[1]).toContain('a1b2c3d4e5f60718,critical,2026-03-17T07:12:00.000Z,')
    expect(lines('actors')[3]).toBe(
      'anonymous,amzn-s3-demo-other,GetObject,9,3,4000,2026-03-17T06:01:00.000Z,2026-03-17T11:00:00.000Z',
    )
  })

  it.each(Object.keys(CSV_TABLES) as CsvTable[])('%s: as many cells in every line, and no formula', (name) => {
    const all = lines(name, hostileModel())
    const cells = all.map((line) => line.replace(/"(?:[^"]|"")*"/g, 'x').split(','))
    expect(new Set(cells.map(({ length }) => length))).toEqual(new Set([cells[0]!.length]))
    expect(all.length).toBeGreaterThan(1)
    for (const line of all) {
      expect(line).not.toMatch(/(?:^|,)"?[=+@-]/)
      expect(line).not.toMatch(/[\n\r\u2028\u202e\u001b]/)
    }
  })
})
