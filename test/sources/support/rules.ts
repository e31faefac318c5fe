/** A folder with a few of the shipped rules, all of them on: whatever the defaults are, and quick to read. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** By what they need: management events, those of no Region, data events, access logs, either of the two, neither. */
export const RULES = [
  's3-control/s3-policy-public',
  's3-control/trail-stopped',
  'identity/root-access-key',
  's3-data/data-mass-delete',
  's3-data/data-anon-read',
  'access-log/sal-anon-write',
  'pipeline/pipe-parse-errors',
] as const

/** @returns the folder, for `--folder` */
export function ruleFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-rules-'))
  for (const rule of RULES) {
    const file = path.join(folder, `${rule}.yml`)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(
      file,
      readFileSync(`infra/detections/${rule}.yml`, 'utf8').replace(/^enabled: false$/m, 'enabled: true'),
    )
  }
  return folder
}
