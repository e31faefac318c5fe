/** The report of the sample morning, docs/report.html, and all its messages as mailed, docs/gallery.md. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { plural } from '../../shared/basics/numbers.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { tellable } from '../../shared/report/headline.ts'
import { moment } from '../../shared/report/words.ts'
import { cli } from './cli.ts'

const MORNING = ['events/objects', '--settings', 'events/settings.json', '--show-alerts', '--threads', '1']
export const SAMPLE_REPORT = 'docs/report.html'
export const GALLERY = 'docs/gallery.md'

/** What belongs into both; made anew from the sample morning's objects, where the project is. */
export async function sampleReport(): Promise<{ readonly html: string; readonly gallery: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-sample-'))
  try {
    const file = path.join(folder, 'report.html')
    const { code, err } = await cli(['report', ...MORNING, '-o', file])
    // 1: there are objects in the morning that cannot be read.
    if (code !== 1) throw new Error(err.join('\n'))
    const { out } = await cli(['replay', ...MORNING, '--json'])
    return { html: readFileSync(file, 'utf8'), gallery: galleryOf(JSON.parse(out.join('\n')) as ReplayModel) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function galleryOf(model: ReplayModel): string {
  const incidents = tellable(model).flatMap(({ finding }) => {
    const of = model.tellings.filter(({ incidentId }) => incidentId === finding.incidentId)
    const messages = of.flatMap(({ time, event, subject, text = '' }, index) => [
      `### ${index + 1}. ${event}, ${moment(Date.parse(time))} UTC`,
      '',
      '```text',
      `Subject: ${subject}`,
      '',
      text.trimEnd().replaceAll('```', "'''"),
      '```',
      '',
    ])
    return [`## ${finding.severity}: ${plural(of.length, 'message')}`, '', ...messages]
  })
  return [...HEAD, ...incidents].join('\n')
}

const HEAD = [
  '# Gallery: every message of the sample morning',
  '',
  '<!-- written by `npm run readme` -->',
  'All that people would have been mailed of the sample morning (`events/`), as it would be mailed, by incident. The same is in',
  'its [report](report.html), beside the story. [Alerts](alerts.md) says what the parts of a message mean.',
  '',
]
