/** Writes docs/detections.md, the table of the rules in infra/detections: `npx node infra/detections-doc.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDetections } from '../shared/detection/doc.ts'
import { loadDetections } from '../shared/files/detections.ts'

const detections = await loadDetections(join(import.meta.dirname, 'detections'))
writeFileSync(join(import.meta.dirname, '../docs/detections.md'), renderDetections(detections))
