import { compileDetections } from '../shared/detection/compile.ts'
import type { Detection } from '../shared/detection/schema.ts'
import { EMPTY_SETTINGS, type Settings } from '../shared/detection/settings.ts'
import { parseSettings } from '../shared/detection/settings-file.ts'
import { loadDetections } from '../shared/files/detections.ts'
import { readProject, ruleFolders } from './project.ts'

/**
 * The rules that are off with one settings text, and on with another: those that had lacked a setting.
 *
 * @example
 * (await rulesTurnedOn('', "account: '111122223333'\n")).map(({ id }) => id) // ['data-cross-write', …]
 */
export async function rulesTurnedOn(before: string, after: string): Promise<readonly Detection[]> {
  const detections = await loadDetections(...ruleFolders({}, await readProject()))
  const read = (text: string): Settings => {
    const parsed = parseSettings(text, 'settings')
    return parsed.ok ? parsed.value : EMPTY_SETTINGS
  }
  const offWith = (text: string) =>
    new Set(compileDetections({ detections, settings: read(text), stage: 'dev' }).disabled)
  const [wasOff, isOff] = [offWith(before), offWith(after)]
  return detections.filter(({ id }) => wasOff.has(id) && !isOff.has(id))
}
