/** The report as one page: the model in the page that was built for it. */
import type { ReplayModel } from '../replay/model.ts'
import type { CoverageReport } from '../sources/coverage.ts'
import { type PackedRows, packRows } from './pack.ts'

/** What the page reads. */
export interface PageModel {
  /** Without its matching records, which stand in `rows`. */
  readonly replay: ReplayModel
  readonly rows: PackedRows
  /** What the sources showed; undefined: nobody asked. */
  readonly coverage?: CoverageReport | undefined
  /** Which bucketwatch made it. */
  readonly version: string
}

/** Where the page that was built wants the model. */
const PLACE = '{{model}}'

/**
 * Puts the model into the page. In a script element nothing but `</script` and `<!--` could end it: no `<` is left as it
 * is, and what JavaScript took for line breaks is escaped as well.
 *
 * @param page as `templates/report.html` has it.
 * @param coverage what `bucketwatch coverage` told, for a section of its own.
 * @throws Error where the page has no place for it.
 * @example
 * renderHtml(model, { page, version: '0.2.0' })
 */
export function renderHtml(
  model: ReplayModel,
  { page, version, coverage }: { page: string; version: string; coverage?: CoverageReport | undefined },
): string {
  const at = page.indexOf(PLACE)
  if (at < 0) throw new Error('The page has no place for a model.')
  const content: PageModel = {
    replay: { ...model, matches: { ...model.matches, rows: [] } },
    rows: packRows(model.matches.rows),
    version,
    coverage,
  }
  const text = JSON.stringify(content).replace(/[<\u2028\u2029]/g, escaped)
  return page.slice(0, at) + text + page.slice(at + PLACE.length)
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
