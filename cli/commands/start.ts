import { readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { isLastingFault } from '../../shared/basics/file-problem.ts'
import { errorMessage } from '../../shared/contracts/errors.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import { SAMPLES } from '../../shared/files/package-root.ts'
import { reading } from '../../shared/kinds/kinds.ts'
import { listLogGroups, logGroupFolder } from '../../shared/local/logs.ts'
import { addressOfFile, createFileObjectStore, createFolderObjectStore } from '../../shared/local/object-store.ts'
import { healLogStreams, takeRunFolder, writeFault } from '../../shared/local/run-folder.ts'
import { removeFileStates } from '../../shared/local/state.ts'
import type { UnpackedFile } from '../../shared/local/unpack.ts'
import { watchFolder } from '../../shared/local/watch.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { createReplayClock, deliveries } from '../deliveries.ts'
import { type Inputs, noRecordLine, nothingToRead, requireInputs, tellUnread, unpackInputs } from '../inputs.ts'
import { INTERRUPTED_EXIT, unreadLines } from '../interrupt.ts'
import { type Command, type Io, usage } from '../io.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { type FunctionName, isStateOf } from '../local-run.ts'
import { localStage } from '../local-stage.ts'
import { createProgress } from '../progress.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { createPaint, plural } from '../render.ts'
import { createSession, type Session, type StartOptions } from '../session.ts'

/** The stage of the sample run. */
const SAMPLES_STAGE = 'samples'

/** `start`: the whole pipeline on this machine, on the sample morning, on own log objects, or on a watched folder. */
export const start: Command = {
  summary: 'run the pipeline here: on the samples, on FILE…|DIR…, or with --watch DIR',
  usage: `usage: bucketwatch start                     the sample notifications that come with bucketwatch
       bucketwatch start FILE…|DIR…          your own log objects (CloudTrail or S3 access logs)
       bucketwatch start --watch DIR         DIR is the bucket: objects dropped in are processed at once
       (in a clone: npm start -- …)

Ends with the incidents, the worst last, the alarms that no incident has told, and the totals. With --watch, people are
told as things happen.
  --settings FILE           our accounts, log buckets, address ranges … (default: the project's; samples: their own)
  --clock processing|event  which time the alarms run on: when records were forwarded, as in the cloud (default), or
                            when things happened, as if every record had come at once
${RULE_USAGE.replace(/^/gm, '  ')}
  --fresh                   first delete what earlier runs left in ${LOCAL_ROOT}/ (log groups, alerts and memory of this
                            stage; other stages are named)
  --verbose                 a line for every object, and the newest record of each log group

Log events go to ${LOCAL_ROOT}/log-groups/, one JSON line each, whole alerts to ${LOCAL_ROOT}/alerts/. No AWS account, no
network.
Exit 0: done. 1: an object was quarantined or failed (not for the samples, which have such objects), there is no object,
or ${LOCAL_ROOT}/ could not be written to. 2: wrong usage. 130: interrupted (Ctrl-C); what was not read is named.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
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
    if (values.watch !== undefined) {
      if (positionals.length > 0) throw usage('--watch takes one folder and no files.')
      if (clock === 'event') throw usage('--clock event needs all records before it begins: not with --watch.')
    }
    const found = await requireInputs(positionals)
    // From here on Ctrl-C ends the run, and not the process.
    const { signal } = io
    signal.throwIfAborted()
    const stage = isSamples ? SAMPLES_STAGE : localStage(io.env)
    const release = takeRunFolder(LOCAL_ROOT, stage)
    try {
      if (fresh) await clear(stage, io)
      for (const file of await healLogStreams(LOCAL_ROOT, `/bucketwatch/${stage}`))
        io.err(`${file}: its last line was cut off by a run that was killed, and is taken away.`)
      if (values.watch !== undefined) return await watch(values.watch, options, io)
      return isSamples ? await samples(options, io) : await own(positionals, found, options, io)
    } catch (error) {
      throw isLastingFault(error) ? writeFault(LOCAL_ROOT, error) : error
    } finally {
      release()
    }
  },
}

/** Deletes what earlier runs of a stage left, and says which stages are kept. */
async function clear(stage: string, io?: Io): Promise<void> {
  const groups = Map.groupBy(await listLogGroups(LOCAL_ROOT), (name) => name.split('/')[2] ?? '')
  for (const group of groups.get(stage) ?? []) await rm(logGroupFolder(LOCAL_ROOT, group), { recursive: true })
  await rm(path.join(LOCAL_ROOT, 'alerts', stage), { recursive: true, force: true })
  await removeFileStates(LOCAL_ROOT, isStateOf(stage))
  const kept = [...groups.keys()].filter((name) => name !== stage)
  if (kept.length > 0) io?.err(`Deleted what runs of the stage ${stage} left; kept: ${kept.join(', ')}.`)
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
    if (io.signal.aborted || session.fault() !== undefined) break
    await session.pass(delivery.at, clock.set)
    await session.invoke(delivery.functionName, delivery.event)
  }
  await session.summarize()
  throwFault(session)
  if (io.signal.aborted) {
    io.err('Interrupted: not all of the morning was played.')
    return INTERRUPTED_EXIT
  }
  // The samples have broken objects in them; what was read must arrive all the same.
  return session.receipts.some(({ undelivered }) => undelivered > 0) ? 1 : 0
}

async function own(given: readonly string[], found: Inputs, options: StartOptions, io: Io): Promise<number> {
  const unpacked = await unpackInputs(found, io.signal)
  tellUnread(unpacked.unread, io)
  try {
    const files = unpacked.files.map((one) => ({ ...one, name: keyOf(one.name) }))
    if (files.length === 0 && !io.signal.aborted) throw nothingToRead(given)
    const code = await readFiles(files, options, io)
    return unpacked.unread.length > 0 ? Math.max(code, 1) : code
  } finally {
    await unpacked.remove()
  }
}

/** One file has one name, however it is given: what the ledger knows it by. */
function keyOf(given: string): string {
  const relative = path.relative('', given)
  return relative.startsWith('..') ? path.resolve(given) : relative
}

async function readFiles(files: readonly UnpackedFile[], options: StartOptions, io: Io): Promise<number> {
  const sizes = await Promise.all(files.map(async ({ file }) => (await stat(file).catch(() => undefined))?.size ?? 0))
  const progress = createProgress(
    sizes.reduce((sum, size) => sum + size, 0),
    io,
  )
  const session = await createSession(options, io, {
    store: progress.count(createFileObjectStore(new Map(files.map(({ name, file }) => [`local/${name}`, file])))),
    now: io.now,
    paint: createPaint(io.outIsTerminal, io.env),
    lookAgain: true,
  })
  const ended = () => io.signal.aborted || session.fault() !== undefined
  let begun = 0
  for (const { name, of } of files) {
    if (ended()) break
    begun += 1
    progress.at(name)
    await session.invoke(functionFor(name), notification('local', name, await versionOf(of)))
  }
  progress.end()
  await session.summarize()
  const { receipts } = session
  if (ended()) {
    const isPart = receipts.at(-1)?.status === 'failed'
    const unread = files.slice(begun).map(({ name }) => name)
    const why = session.fault() === undefined ? 'Interrupted' : 'Stopped'
    const partly = isPart ? files[begun - 1]?.name : undefined
    if (partly !== undefined || unread.length > 0) for (const line of unreadLines({ why, partly, unread })) io.err(line)
    throwFault(session)
    return INTERRUPTED_EXIT
  }
  if (receipts.every(({ recordsIn }) => recordsIn === 0)) io.err(noRecordLine(receipts.length))
  return receipts.length === files.length &&
    receipts.every(({ status }) => status === 'ok' || status === 'skipped' || status === 'duplicate')
    ? 0
    : 1
}

function throwFault(session: Session): void {
  const fault = session.fault()
  if (fault !== undefined) throw fault
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
  const stopped = new AbortController()
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
        if (session.fault() !== undefined) stopped.abort()
      },
      {
        signal: AbortSignal.any([io.signal, stopped.signal]),
        onReady: () => void io.out(`watching ${folder} as the bucket ${bucket}: drop log objects in; Ctrl-C ends`),
      },
    )
  } finally {
    clearInterval(timer)
    await busy
  }
  await session.summarize()
  throwFault(session)
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

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}
