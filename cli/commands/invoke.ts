import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { readAlarms } from '../../shared/alert/alarm-message.ts'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { BucketwatchError, errorMessage } from '../../shared/contracts/errors.ts'
import { suggest } from '../../shared/detection/suggest.ts'
import { loadDetections, loadSequences, loadSettings } from '../../shared/files/detections.ts'
import { SAMPLES } from '../../shared/files/package-root.ts'
import { isLogKind } from '../../shared/kinds/kinds.ts'
import { createFolderObjectStore } from '../../shared/local/object-store.ts'
import { type Command, type Io, printError, printText, readText, usage, withoutMark } from '../io.ts'
import {
  createLocalAlertFunction,
  createLocalResponder,
  NO_INCIDENTS_LINE,
  stageOfAlarm,
} from '../local-alert-function.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { createLocalRun, FUNCTIONS, type FunctionName, lambdaContext } from '../local-run.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'

/** `invoke FUNCTION EVENT`: one function with one event, as Lambda would. */
export const invoke: Command = {
  summary: 'invoke one function with one event file',
  usage: `usage: bucketwatch invoke FUNCTION EVENT.json [--objects DIR] [--settings FILE]

FUNCTION  ${[...FUNCTIONS, 'alert'].join(' | ')}
EVENT     the event as Lambda gets it (see events/); - reads standard input
--objects DIR    the objects that the event names: DIR/<bucket>/<key> (default: those of the samples)
--settings FILE  our accounts, log buckets, address ranges … (default: those of the samples)
--stage NAME     of alert: whose rules and log groups (default: the stage in the alarm's name)
${RULE_USAGE}

Prints what the function returns. On standard error: one receipt a line, or of alert the alerts as they would be mailed.
Log groups: .bucketwatch/log-groups, where alert looks for its evidence.
Exit 0: done. 1: the function threw or reported failed messages, or the event cannot be read. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        objects: { type: 'string', default: path.join(SAMPLES, 'objects') },
        settings: { type: 'string', default: path.join(SAMPLES, 'settings.json') },
        stage: { type: 'string' },
        ...RULE_OPTIONS,
      },
    })
    const [name, file, ...more] = positionals
    if (name === undefined || file === undefined || more.length > 0) throw usage('give a function and one event file.')
    if (!isFunction(name) && name !== 'alert')
      throw usage(`there is no function ${JSON.stringify(name)}${suggest(name, [...FUNCTIONS, 'alert'])}`)
    let event: unknown
    try {
      event = JSON.parse(withoutMark(file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8')))
    } catch (error) {
      throw new BucketwatchError('INPUT_UNREAD', `The event ${file} cannot be read: ${fileProblem(error)}.`)
    }
    if (name === 'alert') return invokeAlert(event, values, io)
    const run = createLocalRun({
      // Whoever invokes a function wants to see what it does.
      remembers: false,
      store: createFolderObjectStore(values.objects),
      environment: (await loadSettings(values.settings)).environment,
      env: io.env,
      now: io.now,
      onFailed: ({ messageId, error }) =>
        io.err(`${messageId === undefined ? 'failed' : `message ${messageId} failed`}: ${errorMessage(error)}`),
      onReceipt: (receipt) => io.err(JSON.stringify(receipt)),
    })
    try {
      const result = (await run.invoke(name, event)) as { batchItemFailures?: unknown[] }
      await printText(io, JSON.stringify(result, null, 2))
      return (result.batchItemFailures?.length ?? 0) > 0 ? 1 : 0
    } catch (error) {
      io.err(`${name} threw ${error instanceof BucketwatchError ? error.code : errorMessage(error)}`)
      return 1
    }
  },
}

/** The alert function: alarms of an SNS event in, alerts out. */
async function invokeAlert(
  event: unknown,
  values: { settings: string; stage?: string | undefined; rules?: string[]; folder?: string },
  io: Io,
): Promise<number> {
  const folders = ruleFolders(values, await readProject())
  const detections = await loadDetections(...folders)
  const sequences = await loadSequences(detections, ...folders)
  const ids = detections.map(({ id }) => id)
  const stage = values.stage ?? stageOfAlarm(firstAlarm(event), ids) ?? 'local'
  const settings = await loadSettings(values.settings)
  const responder = createLocalResponder({ detections, sequences, settings, stage, root: LOCAL_ROOT, now: io.now })
  try {
    const result = await createLocalAlertFunction(responder)(event, lambdaContext('alert'))
    for (const { subject, message } of responder.publisher.messages) {
      const { email } = JSON.parse(message) as { email: string }
      printError(io, `Subject: ${subject}\n\n${email}`)
    }
    if (firstAlarm(event) !== '') io.err(NO_INCIDENTS_LINE)
    await printText(io, JSON.stringify(result, null, 2))
    if ('batchItemFailures' in result) return result.batchItemFailures.length > 0 ? 1 : 0
    return 'responses' in result && result.responses.length === 0 ? 1 : 0
  } catch (error) {
    io.err(`alert threw ${errorMessage(error)}`)
    return 1
  }
}

/** The name of the first alarm that an SNS event tells of. */
function firstAlarm(event: unknown): string {
  return readAlarms(JSON.stringify(event), 0)[0]?.alarmName ?? ''
}

function isFunction(name: string): name is FunctionName {
  return isLogKind(name)
}
