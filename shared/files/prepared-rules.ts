/**
 * Rules that need not be read as YAML: the build leaves beside its output what it read of the files that come along,
 * checked and with every default, each under a hash of its file. What has another hash (a rule that was edited, one of the
 * user's own) is not found here, and is read like any other. Beside the sources there is no such file.
 */
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { BucketwatchError } from '../contracts/errors.ts'
import type { Detection } from '../detection/schema.ts'
import type { Sequence } from '../detection/sequence.ts'

/** Its name, beside the built modules. */
export const PREPARED_RULES = 'prepared-rules.json'

/** One file of rules. */
export interface RuleFile {
  readonly file: string
  readonly text: string
}

/** By the hash of their files: detections without `pack` and `file`, sequences without `file`. */
type Prepared = Readonly<Record<string, object>>

/** Finds what was prepared; undefined: the file is to be read. */
export interface PreparedRules {
  detection(from: RuleFile): Detection | undefined
  sequence(from: RuleFile): Sequence | undefined
}

/** What a file says depends on its text, its name and the folder it lies in. */
function keyOf({ file, text }: RuleFile): string {
  const [pack = '', name = ''] = file.split(/[\\/]/).slice(-2)
  return hash('sha256', `${pack}/${name}\n${text}`, 'base64url')
}

/**
 * What the build prepared.
 *
 * @param place the file; default: the one that lies beside the running code. Absent: nothing is prepared.
 * @example
 * openPreparedRules().detection({ file: 'infra/detections/s3-control/s3-policy-deleted.yml', text })
 */
export function openPreparedRules(place: URL = new URL(PREPARED_RULES, import.meta.url)): PreparedRules {
  const prepared = existsSync(place) ? (JSON.parse(readFileSync(place, 'utf8')) as Prepared) : undefined
  const find = <T>(from: RuleFile): T | undefined => prepared?.[keyOf(from)] as T | undefined
  return {
    detection(from) {
      const content = find<Omit<Detection, 'pack' | 'file'>>(from)
      return content && { ...content, pack: from.file.split(/[\\/]/).at(-2) ?? '', file: from.file }
    },
    sequence(from) {
      const content = find<Omit<Sequence, 'file'>>(from)
      return content && { ...content, file: from.file }
    },
  }
}

/**
 * What the build writes: the text of {@link PREPARED_RULES}.
 *
 * @param rules what was read of each file, see loadDetections and loadSequences.
 * @throws BucketwatchError INTERNAL where JSON would not give back what was read.
 */
export function prepareRules(rules: readonly (Detection | Sequence)[]): string {
  const prepared = rules.map((rule) => {
    const { pack: _, file, ...content } = rule as Detection
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(content)), content))
      throw new BucketwatchError('INTERNAL', `${file} says what JSON cannot.`)
    return [keyOf({ file, text: readFileSync(file, 'utf8') }), content] as const
  })
  return JSON.stringify(Object.fromEntries(prepared))
}
