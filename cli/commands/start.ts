import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '../../shared/contracts/errors.ts'
import { SAMPLES as SAMPLES_FOLDER } from '../../shared/files/package-root.ts'
import { listLogGroups, logGroupFolder } from '../../shared/local/logs.ts'
import { addressOfFile, createFileObjectStore, createFolderObjectStore } from '../../shared/local/object-store.ts'
import { watchFolder } from '../../shared/local/watch.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { type Command, type Io, usage } from '../io.ts'
import { type FunctionName, LOCAL_ROOT } from '../local-run.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { createPaint, plural } from '../render.ts'
import { createReplayClock, deliveries } from '../replay.ts'
import { createSession, type StartOptions } from '../session.ts'

const EVENTS = SAMPLES_FOLDER

/** The stage of the sample run. */
const SAMPLES = 'samples'

/** `start`: the whole pipeline on this machine, on the sample morning, on own log objects, or on a watched folder. */
export const start: Command = {
  summary: 'run the pipeline here: on the samples, on FILE…|DIR…, or with --watch DIR',
  usage: `usage: npm start                              the sample notifications in events/
       npm start -- FILE…|DIR…               your own log objects (CloudTrail or S3 access logs)
       npm start -- --watch DIR              DIR is the bucket: objects dropped in are processed at once

  --settings FILE           our accounts, log buckets, address ranges … (samples: events/settings.json)
  --clock processing|event  which time the alarms run on: when records were forwarded, as in the cloud (default), or
                            when things happened, as if every record had come at once
${RULE_USAGE.replace(/^/gm, '  ')}

Log events go to ${LOCAL_ROOT}/log-groups/, one JSON line each. No AWS account, no network.
Exit 0: done. 1: an object was quarantined or failed (not for the samples, which have such objects). 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        watch: { type: 'string' },
        settings: { type: 'string' },
        ...RULE_OPTIONS,
        clock: { type: 'string', default: 'processing' },
      },
    })
    const { clock } = values
    const project = await readProject()
    // The samples have settings of their own, whatever project they are played in.
    const isSamples = values.watch === undefined && positionals.length === 0
    const settings = values.settings ?? (isSamples ? undefined : project.settings)
    if (clock !== 'processing' && clock !== 'event')
      throw usage(`--clock is processing or event, not ${JSON.stringify(clock)}.`)
    const options = { clock, settings, rules: ruleFolders(values, project) } as const
    if (values.watch !== undefined) {
      if (positionals.length > 0) throw usage('--watch takes one folder and no files.')
      return watch(values.watch, options, io)
    }
    return positionals.length > 0 ? own(positionals, options, io) : samples(options, io)
  },
}

async function samples(options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const names = (await readdir(EVENTS)).filter((name) => name.endsWith('.json') && name !== 'settings.json').sort()
  const files = await Promise.all(names.map(async (name) => ({ name, event: await readJson(path.join(EVENTS, name)) })))
  const replay = deliveries(files, io.now())
  // Each run of the samples begins with empty log groups of their own.
  for (const group of (await listLogGroups(LOCAL_ROOT)).filter((name) => name.startsWith(`/bucketwatch/${SAMPLES}/`))) {
    await rm(logGroupFolder(LOCAL_ROOT, group), { recursive: true })
  }
  // The clock stands at each delivery in turn, so that stamps, lags and alarms come out as they did that morning.
  const clock = createReplayClock(replay[0]?.at ?? io.now())
  const session = await createSession(
    { ...options, settings: options.settings ?? path.join(EVENTS, 'settings.json') },
    io,
    {
      store: createFolderObjectStore(path.join(EVENTS, 'objects')),
      now: clock.now,
      paint,
      stage: SAMPLES,
      stamp: () => `${new Date(clock.now()).toISOString().slice(11, 19)}  `,
    },
  )
  await io.out(
    paint(
      'bold',
      `bucketwatch: the sample morning of ${new Date(clock.now()).toISOString().slice(0, 10)}, ${plural(names.length, 'notification file')} from ${EVENTS}/, through the Lambda handlers`,
    ),
  )
  for (const delivery of replay) {
    if (io.signal.aborted) break
    clock.set(delivery.at)
    await session.invoke(delivery.functionName, delivery.event)
  }
  await session.summarize()
  return 0
}

async function own(given: readonly string[], options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const files = (await Promise.all(given.map(listFiles))).flat()
  if (files.length === 0) throw usage(`there are no files in ${given.join(', ')}.`)
  const progress = createProgress(files.length, io)
  const session = await createSession(options, io, {
    store: createFileObjectStore(new Map(files.map((file) => [`local/${file}`, file]))),
    now: io.now,
    paint,
    // A person watches the progress line; what is not as it should be is told all the same.
    quiet: io.errIsTerminal && files.length > 20,
  })
  for (const file of files) {
    if (io.signal.aborted) break
    progress.next(file)
    await session.invoke(functionFor(file), notification('local', file))
  }
  progress.end()
  await session.summarize()
  const { receipts } = session
  return receipts.length === files.length && receipts.every(({ status }) => status === 'ok' || status === 'skipped')
    ? 0
    : 1
}

async function watch(folder: string, options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const bucket = path.basename(path.resolve(folder))
  const session = await createSession(options, io, {
    store: createFolderObjectStore(path.dirname(path.resolve(folder))),
    now: io.now,
    paint,
  })
  await watchFolder(
    folder,
    async ({ name }) => {
      const address = addressOfFile(`${bucket}/${name}`)
      if (address !== undefined) await session.invoke(functionFor(address.key), notification(bucket, address.key))
    },
    {
      signal: io.signal,
      onReady: () => void io.out(`watching ${folder} as the bucket ${bucket}: drop log objects in; Ctrl-C ends`),
    },
  )
  await session.summarize()
  return 0
}

/** One line on the terminal that says how far a long run is; nothing where nobody looks. */
function createProgress(total: number, io: Io): { next(file: string): void; end(): void } {
  let done = 0
  let shown = 0
  return {
    next(file) {
      done += 1
      if (!io.errIsTerminal || Date.now() - shown < 100) return
      shown = Date.now()
      io.progress(`${done}/${total} ${file}`)
    },
    end: () => io.progress(''),
  }
}

/** The S3 notification for an object that was just put; keys are form-urlencoded in it. */
function notification(bucket: string, key: string): unknown {
  const object = { key: encodeURIComponent(key).replaceAll('%20', '+') }
  return {
    Records: [
      {
        eventVersion: '2.5',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: bucket }, object },
      },
    ],
  }
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
