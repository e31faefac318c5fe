import { readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { errorMessage } from '../../shared/contracts/errors.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import { SAMPLES } from '../../shared/files/package-root.ts'
import { reading } from '../../shared/kinds/kinds.ts'
import { listLogGroups, logGroupFolder } from '../../shared/local/logs.ts'
import { addressOfFile, createFileObjectStore, createFolderObjectStore } from '../../shared/local/object-store.ts'
import { removeFileStates } from '../../shared/local/state.ts'
import { unpackArchives } from '../../shared/local/unpack.ts'
import { watchFolder } from '../../shared/local/watch.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { type Command, type Io, usage } from '../io.ts'
import { type FunctionName, LOCAL_ROOT, localStage } from '../local-run.ts'
import { createProgress } from '../progress.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { createPaint, plural } from '../render.ts'
import { createReplayClock, deliveries } from '../replay.ts'
import { createSession, type StartOptions } from '../session.ts'

/** The stage of the sample run. */
const SAMPLES_STAGE = 'samples'

/** `start`: the whole pipeline on this machine, on the sample morning, on own log objects, or on a watched folder. */
export const start: Command = {
  summary: 'run the pipeline here: on the samples, on FILE…|DIR…, or with --watch DIR',
  usage: `usage: bucketwatch start                     the sample notifications that come with bucketwatch
       bucketwatch start FILE…|DIR…          your own log objects (CloudTrail or S3 access logs)
       bucketwatch start --watch DIR         DIR is the bucket: objects dropped in are processed at once
       (in a clone: npm start -- …)

Ends with the alerts, the worst last, and the totals. With --watch, alerts are told as they go off.
  --settings FILE           our accounts, log buckets, address ranges … (default: the project's; samples: their own)
  --clock processing|event  which time the alarms run on: when records were forwarded, as in the cloud (default), or
                            when things happened, as if every record had come at once
${RULE_USAGE.replace(/^/gm, '  ')}
  --fresh                   first delete what earlier runs left in ${LOCAL_ROOT}/ (log groups and alerts of this stage)
  --verbose                 a line for every object, and the newest record of each log group

Log events go to ${LOCAL_ROOT}/log-groups/, one JSON line each, whole alerts to ${LOCAL_ROOT}/alerts/. No AWS account, no
network.
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
        fresh: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    })
    const { clock, verbose, fresh } = values
    const project = await readProject()
    // The samples have settings of their own, whatever project they are played in.
    const isSamples = values.watch === undefined && positionals.length === 0
    const settings = values.settings ?? (isSamples ? undefined : project.settings)
    if (clock !== 'processing' && clock !== 'event')
      throw usage(
        `--clock is processing or event, not ${JSON.stringify(clock)}${suggest(clock, ['processing', 'event'])}`,
      )
    const options = { clock, settings, rules: ruleFolders(values, project), verbose } as const
    if (fresh) await clear(isSamples ? SAMPLES_STAGE : localStage(io.env))
    if (values.watch !== undefined) {
      if (positionals.length > 0) throw usage('--watch takes one folder and no files.')
      if (clock === 'event') throw usage('--clock event needs all records before it begins: not with --watch.')
      return watch(values.watch, options, io)
    }
    return isSamples ? samples(options, io) : own(positionals, options, io)
  },
}

/** Deletes what earlier runs of a stage left. */
async function clear(stage: string): Promise<void> {
  for (const group of (await listLogGroups(LOCAL_ROOT)).filter((name) => name.startsWith(`/bucketwatch/${stage}/`))) {
    await rm(logGroupFolder(LOCAL_ROOT, group), { recursive: true })
  }
  await rm(path.join(LOCAL_ROOT, 'alerts', stage), { recursive: true, force: true })
  await removeFileStates(LOCAL_ROOT, `${stage}-`)
}

async function samples(options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const names = (await readdir(SAMPLES)).filter((name) => name.endsWith('.json') && name !== 'settings.json').sort()
  const files = await Promise.all(
    names.map(async (name) => ({ name, event: await readJson(path.join(SAMPLES, name)) })),
  )
  const replay = deliveries(files, io.now())
  // Each run of the samples begins with empty log groups of their own.
  await clear(SAMPLES_STAGE)
  // The clock stands at each delivery in turn, so that stamps, lags and alarms come out as they did that morning.
  const clock = createReplayClock(replay[0]?.at ?? io.now())
  const session = await createSession(
    { ...options, settings: options.settings ?? path.join(SAMPLES, 'settings.json') },
    io,
    {
      store: createFolderObjectStore(path.join(SAMPLES, 'objects')),
      now: clock.now,
      paint,
      stage: SAMPLES_STAGE,
      stamp: () => `${new Date(clock.now()).toISOString().slice(11, 19)}  `,
    },
  )
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  await io.out(paint('bold', `bucketwatch: the sample morning of ${day}, through the Lambda handlers`))
  await io.out(paint('dim', `${plural(names.length, 'file')} of notifications from ${SAMPLES}/`))
  for (const delivery of replay) {
    if (io.signal.aborted) break
    clock.set(delivery.at)
    await session.invoke(delivery.functionName, delivery.event)
  }
  await session.summarize()
  // The samples have broken objects in them; what was read must arrive all the same.
  return session.receipts.some(({ undelivered }) => undelivered > 0) ? 1 : 0
}

async function own(given: readonly string[], options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const unpacked = await unpackArchives((await Promise.all(given.map((name) => listFiles(name, io)))).flat())
  const { files } = unpacked
  if (files.length === 0) throw usage(`there are no files in ${given.join(', ')}.`)
  const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0))
  const progress = createProgress(
    sizes.reduce((sum, size) => sum + size, 0),
    io,
  )
  const session = await createSession(options, io, {
    store: progress.count(createFileObjectStore(new Map(files.map((file) => [`local/${file}`, file])))),
    now: io.now,
    paint,
    lookAgain: true,
  })
  for (const file of files) {
    if (io.signal.aborted) break
    progress.at(file)
    await session.invoke(functionFor(file), notification('local', file, await versionOf(file)))
  }
  progress.end()
  await session.summarize()
  await unpacked.remove()
  const { receipts } = session
  return receipts.length === files.length &&
    receipts.every(({ status }) => status === 'ok' || status === 'skipped' || status === 'duplicate')
    ? 0
    : 1
}

/** So often a watched run looks whether alarms went off. CloudWatch itself looks once a minute. */
const LOOK_EVERY_MS = 1000

async function watch(folder: string, options: StartOptions, io: Io): Promise<number> {
  const paint = createPaint(io.outIsTerminal, io.env)
  const bucket = path.basename(path.resolve(folder))
  const session = await createSession(options, io, {
    store: createFolderObjectStore(path.dirname(path.resolve(folder))),
    now: io.now,
    paint,
  })
  // One look after the other, and none while an object is read.
  let busy: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const next = busy.then(action)
    busy = next.catch(() => {})
    return next
  }
  const timer = setInterval(
    () => void inTurn(session.tell).catch((error) => io.err(errorMessage(error))),
    LOOK_EVERY_MS,
  )
  try {
    await watchFolder(
      folder,
      async ({ name, path: file }) => {
        const address = addressOfFile(`${bucket}/${name}`)
        if (address === undefined) return
        const event = notification(bucket, address.key, await versionOf(file))
        await inTurn(() => session.invoke(functionFor(address.key), event))
      },
      {
        signal: io.signal,
        onReady: () => void io.out(`watching ${folder} as the bucket ${bucket}: drop log objects in; Ctrl-C ends`),
      },
    )
  } finally {
    clearInterval(timer)
    await busy
  }
  await session.summarize()
  return 0
}

/** The S3 notification for an object that was just put; keys are form-urlencoded in it. */
function notification(bucket: string, key: string, eTag: string | undefined): unknown {
  const object = { key: encodeURIComponent(key).replaceAll('%20', '+'), eTag }
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

/** What the ledger tells one content of a file from another by; undefined where the file is gone. */
async function versionOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found === undefined ? undefined : `${found.size}-${Math.round(found.mtimeMs * 1000).toString(36)}`
}

/** Any function tells by its content what a key does not. */
function functionFor(key: string): FunctionName {
  const { kind } = classifyKey(key)
  return kind === 'unknown' ? 'cloudtrail' : reading(kind).kind
}

/** The files below a folder, links to files among them; what is neither file nor folder is named on standard error. */
async function listFiles(given: string, io: Io): Promise<string[]> {
  let isDirectory: boolean
  try {
    isDirectory = (await stat(given)).isDirectory()
  } catch (error) {
    throw usage(`${given} cannot be read: ${errorMessage(error)}`)
  }
  if (!isDirectory) return [given]
  // Hidden folders are nobody's logs: .git, and our own .bucketwatch.
  const isHidden = (file: string) => /(?:^|[\\/])\./.test(path.relative(given, file))
  const entries = (await readdir(given, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ file: path.join(entry.parentPath, entry.name), isFile: entry.isFile() }))
    .filter(({ file }) => !isHidden(file))
  const files = new Set(entries.filter(({ isFile }) => isFile).map(({ file }) => file))
  const seen = new Set(await Promise.all([...files].map((file) => realpath(file).catch(() => file))))
  for (const { file } of entries.filter(({ isFile }) => !isFile)) {
    const found = await stat(file).catch(() => undefined)
    if (found?.isFile() === true) {
      const target = await realpath(file)
      if (!seen.has(target)) files.add(file)
      seen.add(target)
    } else {
      const what = found === undefined ? 'a link to nothing' : found.isDirectory() ? 'a link to a folder' : 'no file'
      io.err(`${file}: not read: it is ${what}.`)
    }
  }
  return [...files].sort()
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}
