/** Writes docs/detections.md, the table of the rules in infra/detections: `npx node infra/detections-doc.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDetections, weekIn } from '../shared/detection/doc.ts'
import { loadDetections } from '../shared/files/detections.ts'

const detections = await loadDetections(join(import.meta.dirname, 'detections'))
const page = join(import.meta.dirname, '../docs/detections.md')
// The week's figures are measured: `npx vitest run test/week -u` writes them.
writeFileSync(page, renderDetections(detections, weekIn(readFileSync(page, 'utf8'))))
