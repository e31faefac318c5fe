import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '../../shared/errors.ts'
import { readLogEvents } from '../../shared/local/logs.ts'
import { createFileObjectStore, createFolderObjectStore } from '../../shared/local/object-store.ts'
import { readEnvironment } from '../../shared/local/settings.ts'
import { watchFolder } from '../../shared/local/watch.ts'
import { classifyKey } from '../../shared/object-key.ts'
import type { Receipt } from '../../shared/receipt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { createLocalRun, type FunctionName, LOCAL_ROOT } from '../local-run.ts'
import { bytes, count, createPaint, duration, type Paint, plural, receiptLine, table } from '../render.ts'

const EVENTS = 'events'

/** `start`: the whole pipeline on this machine, on the sample morning, on own log objects, or on a watched folder. */
export const start: Command = {
  summary: 'run the pipeline here: on the samples, on FILE…|DIR…, or with --watch DIR',
  usage: `usage: npm start                              the sample notifications in events/
       npm start -- FILE…|DIR…               your own log objects (CloudTrail or S3 access logs)
       npm start -- --watch DIR              DIR is the bucket: objects dropped in are processed at once

  --settings FILE   our accounts, log buckets, address ranges … (samples: events/settings.json)

Log events go to ${LOCAL_ROOT}/log-groups/, one JSON line each. No AWS account, no network.
Exit 0: done. 1: an object was quarantined or failed (not for the samples, which have such objects). 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { watch: { type: 'string' }, settings: { type: 'string' } },
    })
    if (values.watch !== undefined) {
      if (positionals.length > 0) throw usage('--watch takes one folder and no files.')
      return watch(values.watch, values.settings, io)
    }
    return positionals.length > 0 ? own(positionals, values.settings, io) : samples(values.settings, io)
  },
}

async function samples(settings: string | undefined, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const files = (await readdir(EVENTS)).filter((name) => name.endsWith('.json') && name !== 'settings.json').sort()
  const events = await Promise.all(files.map(async (name) => ({ name, event: await readJson(path.join(EVENTS, name)) })))
  const receipts: Receipt[] = []
  const run = createLocalRun({
    store: createFolderObjectStore(path.join(EVENTS, 'objects')),
    environment: readEnvironment(settings ?? path.join(EVENTS, 'settings.json')),
    env: io.env,
    now: io.now,
    onReceipt(receipt) {
      receipts.push(receipt)
      void io.out(receiptLine(receipt, paint))
    },
    onIgnored: ({ reason, key }) => void io.out(`  ${paint('dim', 'ignored'.padEnd(11))} ${reason}${key === undefined ? '' : ` ${key}`}`),
  })
  await io.out(paint('bold', `bucketwatch: ${plural(files.length, 'sample notification')} from ${EVENTS}/, through the Lambda handlers`))
  for (const { name, event } of events) {
    const functionName = name.includes('access-log') ? 'access-log' : 'cloudtrail'
    await io.out(`\n${paint('cyan', name)} → ${functionName}`)
    try {
      const result = (await run.invoke(functionName, event)) as { batchItemFailures?: { itemIdentifier: string }[] }
      for (const { itemIdentifier } of result.batchItemFailures ?? []) {
        await io.out(`  ${paint('red', 'failed'.padEnd(11))} message ${itemIdentifier}: reported for retry`)
      }
    } catch (error) {
      await io.out(`  ${paint('red', 'failed'.padEnd(11))} ${errorMessage(error)}`)
    }
  }
  await summarize(receipts, run.logGroupPrefix, paint, io)
  return 0
}

async function own(given: readonly string[], settings: string | undefined, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const files = (await Promise.all(given.map(listFiles))).flat()
  if (files.length === 0) throw usage(`there are no files in ${given.join(', ')}.`)
  const receipts: Receipt[] = []
  const run = createLocalRun({
    store: createFileObjectStore(new Map(files.map((file) => [`local/${file}`, file]))),
    environment: readEnvironment(settings),
    env: io.env,
    now: io.now,
    onReceipt: (receipt) => void receipts.push(receipt),
  })
  for (const [index, file] of files.entries()) {
    if (io.signal.aborted) break
    if (io.errIsTerminal) io.err(`\u001b[1A\u001b[2K${index + 1}/${files.length} ${file}`)
    await run.invoke(functionFor(file), notification('local', file)).catch(() => {})
    const receipt = receipts.at(-1)
    if (receipt !== undefined && (!io.errIsTerminal || receipt.status !== 'ok')) await io.out(receiptLine(receipt, paint))
  }
  await summarize(receipts, run.logGroupPrefix, paint, io)
  return receipts.length === files.length && receipts.every(({ status }) => status === 'ok' || status === 'skipped') ? 0 : 1
}

async function watch(folder: string, settings: string | undefined, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const bucket = path.basename(path.resolve(folder))
  const receipts: Receipt[] = []
  const run = createLocalRun({
    store: {
      async open({ key }) {
        return { body: createReadStream(path.join(folder, key), { highWaterMark: 256 * 1024 }) }
      },
    },
    environment: readEnvironment(settings),
    env: io.env,
    now: io.now,
    onReceipt(receipt) {
      receipts.push(receipt)
      void io.out(receiptLine(receipt, paint))
    },
  })
  await io.out(`watching ${folder} as the bucket ${bucket}: drop log objects in; Ctrl-C ends`)
  await watchFolder(
    folder,
    async ({ name }) => {
      try {
        await run.invoke(functionFor(name), notification(bucket, name))
      } catch (error) {
        await io.out(`  ${paint('red', 'failed'.padEnd(11))} ${name}: ${errorMessage(error)}`)
      }
    },
    { signal: io.signal },
  )
  await summarize(receipts, run.logGroupPrefix, paint, io)
  return 0
}

/** The S3 notification for an object that was just put; keys are form-urlencoded in it. */
function notification(bucket: string, key: string): unknown {
  const object = { key: encodeURIComponent(key).replaceAll('%20', '+') }
  return { Records: [{ eventVersion: '2.5', eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: bucket }, object } }] }
}

function functionFor(key: string): FunctionName {
  return classifyKey(key).kind === 'access-log' ? 'access-log' : 'cloudtrail'
}

async function listFiles(given: string): Promise<string[]> {
  let isDirectory: boolean
  try {
    isDirectory = (await stat(given)).isDirectory()
  } catch (error) {
    throw usage(`${given} cannot be read: ${errorMessage(error)}`)
  }
  if (!isDirectory) return [given]
  const entries = await readdir(given, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** What a run did, and a few of the records it delivered. */
async function summarize(receipts: readonly Receipt[], prefix: string, paint: Paint, io: Io): Promise<void> {
  const total = (pick: (receipt: Receipt) => number) => receipts.reduce((sum, receipt) => sum + pick(receipt), 0)
  const recordsIn = total((receipt) => receipt.recordsIn)
  const inflated = total((receipt) => receipt.bytesInflated)
  const out = total((receipt) => receipt.bytesOut)
  const rows = [
    ['records in', recordsIn],
    ['  delivered', total((receipt) => receipt.delivered)],
    ['  filtered', total((receipt) => receipt.filtered)],
    ['  duplicates', total((receipt) => receipt.duplicates)],
    ['  quarantined', total((receipt) => receipt.quarantined)],
  ]
  await io.out(`\n${paint('bold', plural(receipts.length, 'object'))}`)
  for (const line of table(rows)) await io.out(`  ${line}`)
  const share = inflated === 0 ? '' : ` (${Math.round((100 * out) / inflated)} %)`
  await io.out(`  ${bytes(total((receipt) => receipt.bytesIn))} stored, ${bytes(inflated)} inflated, ${bytes(out)} delivered${share}`)
  const lag = receipts.flatMap(({ lagSecondsP50 }) => lagSecondsP50 ?? [])
  if (lag.length > 0) await io.out(`  median lag from event to delivery, per object: ${duration(Math.min(...lag))} to ${duration(Math.max(...lag))}`)
  await sampleRecords(receipts, prefix, paint, io)
}

async function sampleRecords(receipts: readonly Receipt[], prefix: string, paint: Paint, io: Io): Promise<void> {
  const groups = [...new Set(receipts.flatMap(({ logGroupName }) => logGroupName ?? []))]
  for (const group of groups) {
    const events = await readLogEvents(LOCAL_ROOT, group)
    await io.out(`\n${paint('bold', group)} ${paint('dim', `(${count(events.length)} log events in ${LOCAL_ROOT}/log-groups)`)}`)
    const last = events.at(-1)
    if (last !== undefined) await io.out(`  ${last.message}`)
  }
  await io.out(`\nreceipts: ${prefix}/pipeline`)
}
