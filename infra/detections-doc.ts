/** Writes docs/detections.md, the table of the rules in infra/detections: `npx node infra/detections-doc.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDetections, weekIn } from '../shared/detection/doc.ts'
import { loadDetections, loadSequences } from '../shared/files/detections.ts'

const folder = join(import.meta.dirname, 'detections')
const detections = await loadDetections(folder)
const sequences = await loadSequences(detections, folder)
const page = join(import.meta.dirname, '../docs/detections.md')
// The week's figures are measured: `npx vitest run test/week -u` writes them.
writeFileSync(page, renderDetections(detections, weekIn(readFileSync(page, 'utf8')), sequences))
