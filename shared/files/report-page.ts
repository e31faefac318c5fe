import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { PACKAGE_ROOT } from './package-root.ts'

/** The page that a report is put into; `npm run report-page` builds it. */
export const REPORT_PAGE = path.join(PACKAGE_ROOT, 'templates', 'report.html')

/** The page's text. */
export const readReportPage = (): Promise<string> => readFile(REPORT_PAGE, 'utf8')
