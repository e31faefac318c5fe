import { readFile } from 'node:fs/promises'
import { type AlarmChange, readAlarms } from '../../shared/alert/alarm-message.ts'
import { createResponder } from '../../shared/alert/respond.ts'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { loadDetections, loadSequences, loadSettings } from '../../shared/files/detections.ts'
import { type Command, type Io, printText, readText, unknownAction, usage, withoutMark } from '../io.ts'
import { createLocalResponder, NO_INCIDENTS_LINE, stageOfAlarm } from '../local-alert-function.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { RULE_OPTIONS, RULE_USAGE, readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'

const OPTIONS = {
  stage: { type: 'string' },
  settings: { type: 'string' },
  ...RULE_OPTIONS,
  root: { type: 'string', default: LOCAL_ROOT },
  json: { type: 'boolean', default: false },
} as const

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

/** `alert preview FILE`: the alert that an alarm's SNS message would become, with local log groups for evidence. */
export const alert: Command = {
  summary: "show the alert that an alarm's SNS message becomes, with the local log groups for evidence",
  usage: `usage: bucketwatch alert preview [--stage NAME] [--settings FILE] [--json] FILE|-

FILE is the message of a CloudWatch alarm (- is standard input): the JSON with AlarmName, NewStateValue and
StateChangeTime, bare, in the envelope of SNS, or in an event of SNS or SQS. Prints the subject and the text of the e-mail
of each alarm in it.
--stage NAME   the stage (default: the one in the alarm's name, bucketwatch-<stage>-<id>)
${RULE_USAGE}
--root DIR     where the log groups are (default ${LOCAL_ROOT})
--json         the JSON that machines get
Exit 0: shown. 1: a state change makes no alert, or the file holds no alarm's message. 2: wrong usage.`,
  async run(args, io) {
    const [action, ...rest] = args
    const { positionals, values } = readArgs({ args: [...rest], allowPositionals: true, options: OPTIONS })
    const [file] = positionals
    if (action !== 'preview') throw unknownAction('alert', ['preview'], action)
    if (file === undefined || positionals.length > 1) throw usage('give one file.')
    const given = withoutMark(file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8'))
    const changes = readAlarms(given, io.now())
    if (changes.length === 0) {
      io.err(
        `${file} is not the message of an alarm: JSON with AlarmName and NewStateValue, bare or as SNS and SQS wrap it.`,
      )
      return 1
    }
    const { root, json } = values
    const project = await readProject()
    const settingsFile = values.settings ?? project.settings
    const detections = await loadDetections(...ruleFolders(values, project))
    const sequences = await loadSequences(detections, ...ruleFolders(values, project))
    const settings = settingsFile === undefined ? EMPTY_SETTINGS : await loadSettings(settingsFile)
    const ids = detections.map(({ id }) => id)
    io.err(NO_INCIDENTS_LINE)
    let code = 0
    for (const change of changes) {
      const stage = values.stage ?? stageOfAlarm(change.alarmName, ids) ?? 'local'
      const responder = createLocalResponder({ detections, sequences, settings, stage, root, now: io.now })
      if (changes.length > 1) io.err(`${change.alarmName}:`)
      if (!(await preview(change, responder, json, io))) code = 1
    }
    return code
  },
}

/** False: the state change makes no alert. */
async function preview(
  change: AlarmChange,
  responder: ReturnType<typeof createLocalResponder>,
  json: boolean,
  io: Io,
): Promise<boolean> {
  const respond = createResponder({
    ...responder,
    incidentsOf: undefined,
    take: async () => {},
    suppressions: [],
    note: async () => {},
    log: QUIET,
  })
  await respond(change)
  const [message] = responder.publisher.messages
  if (message === undefined) {
    io.err(`No alert: ${change.oldState || '?'} -> ${change.newState}.`)
    return false
  }
  const { email, sqs } = JSON.parse(message.message) as { email: string; sqs: string }
  await printText(io, json ? sqs : `Subject: ${message.subject}\n\n${email}`)
  return true
}
