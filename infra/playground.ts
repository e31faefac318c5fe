/**
 * `npm run playground`: takes the samples from the sample morning into docs/playground/samples.json, and builds
 * docs/playground.html from docs/playground/: one self-contained page with the filter-pattern library. The same sources
 * give the same bytes. `npm run check` holds both to their sources.
 */
import { createHash } from 'node:crypto'
import { createReadStream, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { SampleEvent } from '../docs/playground/samples.ts'
import type { Detail } from '../shared/contracts/record.ts'
import { loadSettings } from '../shared/files/detections.ts'
import type { LogKind } from '../shared/kinds/kinds.ts'
import { readLog } from '../shared/object/read-log.ts'
import { createReaders, READERS } from '../shared/object/readers.ts'
import { readConfig } from '../shared/settings/config.ts'
import { madeFile } from './made-file.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = `${ROOT}docs/playground`
export const PLAYGROUND_PAGE = `${ROOT}docs/playground.html`
export const PLAYGROUND_SAMPLES = `${SOURCES}/samples.json`
const COMMAND = 'npm run playground'

/** What the page offers, in this order: the first event of the sample morning that has all of these words in its text. */
const WANTED: readonly { readonly title: string; readonly words: readonly string[] }[] = [
  { title: 'Console sign-in', words: ['"eventName":"ConsoleLogin"'] },
  { title: 'Bucket policy made public', words: ['"eventName":"PutBucketPolicy"', '"Principal":"*"'] },
  { title: 'Access denied', words: ['"errorCode":"AccessDenied"', '"eventName":"ListQueues"'] },
  { title: 'Trail stopped', words: ['"eventName":"StopLogging"'] },
  { title: 'Object read (data event)', words: ['"eventName":"GetObject"', '"type":"AssumedRole"'] },
  { title: 'Object not found', words: ['"errorCode":"NoSuchKey"'] },
  { title: 'Role assumed', words: ['"eventName":"AssumeRole"'] },
  { title: 'Object read (access log)', words: [' REST.GET.OBJECT ', ' 200 '] },
  { title: 'Anonymous, with forged quotes (access log)', words: [' REST.GET.OBJECT ', ' 403 AccessDenied '] },
]

/** The samples as the records are today, as the text of samples.json. Times of forwarding are those of the events, so that nothing depends on today. */
export async function takeSamples(): Promise<string> {
  const found = new Map<string, { kind: LogKind; raw: string }>()
  const take = (kind: LogKind, raw: string): undefined => {
    const compact = raw.startsWith('{') ? compactJson(raw) : raw
    const wanted = WANTED.find(
      ({ title, words }) => !found.has(title) && words.every((word) => compact?.includes(word)),
    )
    if (wanted !== undefined && compact !== undefined) found.set(wanted.title, { kind, raw: compact })
  }
  const { maxInflatedBytes, maxRecordBytes, capBytes } = readConfig({})
  const readers = createReaders('raw')
  for (const file of globSync('events/objects/**/*', { cwd: ROOT }).sort()) {
    const body = createReadStream(`${ROOT}${file}`)
    try {
      await readLog(body, {
        maxInflatedBytes,
        maxRecordBytes,
        readers,
        onRecord: ({ message }, kind) => take(kind, message),
        onUnreadable: () => undefined,
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error
    }
  }
  const { environment } = await loadSettings(`${ROOT}events/settings.json`)
  const normalize = (kind: LogKind, raw: string, detail: Detail): string => {
    const options = { environment, detail, capBytes, now: () => Date.parse('2026-03-17T12:00:00Z') } as const
    return READERS[kind](options).normalize(raw).message
  }
  const samples = WANTED.map(({ title }): SampleEvent => {
    const sample = found.get(title)
    if (sample === undefined) throw new Error(`The sample morning has no event for "${title}".`)
    const { kind, raw } = sample
    return { title, forms: { raw, lean: normalize(kind, raw, 'lean'), full: normalize(kind, raw, 'full') } }
  })
  return `${JSON.stringify(samples, null, 2)}\n`
}

function compactJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The page's text. */
export async function buildPlayground(): Promise<string> {
  const bundle = await build({
    entryPoints: [`${SOURCES}/main.ts`],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    format: 'iife',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: ROOT,
  })
  const style = await build({
    entryPoints: [`${SOURCES}/style.css`],
    minify: true,
    write: false,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    charset: 'utf8',
    absWorkingDir: ROOT,
  })
  const parts: Readonly<Record<string, string>> = {
    script: bundle.outputFiles[0]!.text.trim().replaceAll('</script', '<\\/script'),
    style: style.outputFiles[0]!.text.trim(),
    samples: JSON.stringify(JSON.parse(readFileSync(PLAYGROUND_SAMPLES, 'utf8'))).replaceAll('<', '\\u003c'),
  }
  const hash = (text: string | undefined): string =>
    `'sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}'`
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

if (import.meta.main) {
  madeFile(PLAYGROUND_SAMPLES, await takeSamples(), COMMAND)
  madeFile(PLAYGROUND_PAGE, await buildPlayground(), COMMAND)
}
