import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import type { HeldMessage } from '../../shared/aws/queue.ts'
import { outputNames } from '../../shared/connect/names.ts'
import { type Failure, readFailures } from '../../shared/forward/failures.ts'
import { LOG_KINDS, type LogKind } from '../../shared/kinds/kinds.ts'
import { parseNotificationBody } from '../../shared/notification/parse.ts'
import { canAsk, confirm } from '../confirm.ts'
import { type Command, type Io, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'
import { plural } from '../render.ts'
import { readKind, readRegion, readStage, STACK_OPTIONS } from '../stack-options.ts'

const DEFAULT_MAX = 1000
const HOLD_SECONDS = 300
const EXAMPLES = 3

const OPTIONS = {
  ...STACK_OPTIONS,
  'put-back': { type: 'boolean' },
  reason: { type: 'string', multiple: true },
  max: { type: 'string' },
  'log-group-prefix': { type: 'string' },
  json: { type: 'boolean' },
  yes: { type: 'boolean' },
} as const

/** `redrive`: what lies in the dead-letter queues, why, and back with it. */
export const redrive: Command = {
  summary: 'what lies in the dead-letter queues, why, and put it back',
  usage: `usage: bucketwatch redrive [--kind ${LOG_KINDS.join('|')}] [--put-back] [options]

Reads the dead-letter queues of a stage, says why each notification failed (from the receipts in the group …/pipeline, or
from the notification itself), and with --put-back moves them to the queue they came from. Looking changes nothing.

--kind KIND          only this queue (default: both)
--put-back           move them back; an object that was read meanwhile adds nothing
--reason CODE        only those that failed so (see docs/errors.md); may be repeated
--max N              messages looked at, a queue (default ${DEFAULT_MAX})
--stage STAGE        the deployed stage (default dev)
--region REGION      the stack's Region
--log-group-prefix P where the group pipeline is (default /bucketwatch/STAGE)
--json               one JSON line a message
--yes                do not ask
Exit 0: nothing lies there, or all of it was put back. 1: something lies there. 2: wrong usage.`,
  async run(args, io) {
    const { values } = readArgs({ args: [...args], strict: true, options: OPTIONS })
    const stage = readStage(values.stage)
    const kind = readKind(values.kind)
    const max = values.max === undefined ? DEFAULT_MAX : Number(values.max)
    if (!Number.isInteger(max) || max < 1) throw usage('--max is a whole number from 1 on.')
    if (values['put-back'] === true && values.yes !== true && !canAsk(io))
      throw usage('nobody is there to ask: add --yes, after a look without --put-back.')
    const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
    const { outputOf, readStack } = await import('../../shared/aws/stack.ts')
    const clients = createAdminClients({ region: await readRegion(values.region, io.env) })
    const stack = await readStack(clients, stage)
    const pipeline = `${values['log-group-prefix'] ?? `/bucketwatch/${stage}`}/pipeline`
    let lies = 0
    for (const each of kind === undefined ? LOG_KINDS : [kind]) {
      const names = outputNames(each)
      const queues = {
        from: outputOf(stack, names.deadLetterQueueUrl),
        to: outputOf(stack, names.queueUrl),
      }
      const letters = await look(clients, queues.from, pipeline, { max, endTime: io.now() })
      const chosen = letters.filter(({ reason }) => values.reason === undefined || values.reason.includes(reason))
      await (values.json === true ? printJson(io, each, chosen) : print(io, each, letters.length, chosen, max))
      lies +=
        chosen.length -
        (values['put-back'] === true ? await putBack(clients, queues, each, chosen, values.yes === true, io) : 0)
      const { letGo } = await import('../../shared/aws/queue.ts')
      await letGo(
        clients,
        queues.from,
        letters.filter(({ moved }) => !moved).map(({ message }) => message),
      )
    }
    return lies === 0 ? 0 : 1
  },
}

interface Letter {
  readonly message: HeldMessage
  /** A code of docs/errors.md. */
  readonly reason: string
  readonly text: string
  readonly objects: readonly string[]
  moved: boolean
}

async function look(
  clients: AdminClients,
  queueUrl: string,
  logGroupName: string,
  { max, endTime }: { readonly max: number; readonly endTime: number },
): Promise<Letter[]> {
  const { holdMessages } = await import('../../shared/aws/queue.ts')
  const { createCommandLogSearch } = await import('../../shared/aws/filter-log-events.ts')
  const held: HeldMessage[] = []
  for await (const message of holdMessages(clients, queueUrl, { max, holdSeconds: HOLD_SECONDS })) held.push(message)
  const sent = held.flatMap(({ sentAt }) => sentAt ?? [])
  if (held.length === 0) return []
  const failures = await readFailures(createCommandLogSearch({ client: clients.logs }), {
    logGroupName,
    startTime: sent.length === 0 ? 0 : Math.min(...sent),
    endTime,
  })
  return held.map((message) => ({ message, moved: false, ...explain(message, failures) }))
}

function explain(
  message: HeldMessage,
  failures: ReadonlyMap<string, Failure>,
): Pick<Letter, 'reason' | 'text' | 'objects'> {
  const { objects, error } = parseNotificationBody(message.body)
  const names = objects.map(({ bucket, key }) => `${bucket}/${key}`)
  // The notification's own fault counts first: its objects were read.
  if (error !== undefined) return { reason: error.code, text: error.message, objects: names }
  const failure = names.map((name) => failures.get(name)).find((known) => known !== undefined)
  if (failure !== undefined) return { reason: failure.code, text: failure.message, objects: names }
  return {
    reason: 'unknown',
    text: 'No receipt tells: the function ended before it could write one (time, memory), or the receipt is gone.',
    objects: names,
  }
}

async function print(io: Io, kind: LogKind, total: number, letters: readonly Letter[], max: number): Promise<void> {
  const more = total >= max ? ` (the first ${max}; --max looks at more)` : ''
  await io.out(`${kind}: ${total} ${total === 1 ? 'message' : 'messages'} in the dead-letter queue${more}`)
  for (const [reason, all] of [...Map.groupBy(letters, (letter) => letter.reason)].sort(
    (a, b) => b[1].length - a[1].length,
  )) {
    await io.out(`  ${all.length} × ${reason}: ${all[0]!.text}`)
    const objects = all.flatMap((letter) => letter.objects)
    for (const object of objects.slice(0, EXAMPLES)) await io.out(`      ${object}`)
    if (objects.length > EXAMPLES) await io.out(`      and ${objects.length - EXAMPLES} more`)
  }
}

async function printJson(io: Io, kind: LogKind, letters: readonly Letter[]): Promise<void> {
  for (const { message, reason, text, objects } of letters) {
    const { id, receives, sentAt } = message
    const sent = sentAt === undefined ? undefined : new Date(sentAt).toISOString()
    await io.out(JSON.stringify({ kind, messageId: id, reason, text, objects, receives, sent }))
  }
}

/** @returns how many were moved. */
async function putBack(
  clients: AdminClients,
  queues: { readonly from: string; readonly to: string },
  kind: LogKind,
  letters: readonly Letter[],
  sure: boolean,
  io: Io,
): Promise<number> {
  if (letters.length === 0) return 0
  if (!sure && !(await confirm(io, `Move ${plural(letters.length, 'message')} to the queue of ${kind}?`))) return 0
  const { moveMessage } = await import('../../shared/aws/queue.ts')
  for (const letter of letters) {
    await moveMessage(clients, { ...queues, message: letter.message })
    letter.moved = true
  }
  await io.out(`${kind}: ${letters.length} put back; they are read within the next minutes.`)
  return letters.length
}
