/**
 * `npm run report-page`: builds templates/report.html from cli/report-page/: one self-contained page that wants nothing
 * but a model. The same sources give the same bytes; `npm run check` holds the page to its sources.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { REPORT_PAGE } from '../shared/files/report-page.ts'
import { madeFile } from './made-file.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = `${ROOT}cli/report-page`
const COMMON = {
  bundle: true,
  minify: true,
  write: false,
  target: ['chrome123', 'firefox120', 'safari17.5'],
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: ROOT,
} as const satisfies BuildOptions

/** What the licence of the charts asks for. */
const NOTICE = '/* uPlot: Copyright (c) 2025, Leon Sorokin. All rights reserved. MIT Licensed. */'

/** The page's text, with `{{model}}` where the model goes. */
export async function buildReportPage(): Promise<string> {
  const bundle = await build({ ...COMMON, entryPoints: [`${SOURCES}/main.ts`], platform: 'browser', format: 'iife' })
  const style = await build({ ...COMMON, entryPoints: [`${SOURCES}/style.css`] })
  const charts = readFileSync(`${ROOT}node_modules/uplot/dist/uPlot.min.css`, 'utf8')
  const parts: Readonly<Record<string, string>> = {
    script: `${NOTICE}${bundle.outputFiles[0]!.text.trim().replaceAll('</script', '<\\/script')}`,
    style: charts.trim() + style.outputFiles[0]!.text.trim(),
    model: '{{model}}',
  }
  const policy = [
    "default-src 'none'",
    `script-src ${hash(parts.script)}`,
    `style-src ${hash(parts.style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const page = readFileSync(`${SOURCES}/page.html`, 'utf8')
  return page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => (name === 'policy' ? policy : (parts[name] ?? '')))
}

function hash(text = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

if (import.meta.main) madeFile(REPORT_PAGE, await buildReportPage(), 'npm run report-page')
