import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClients } from '../../shared/aws/admin-clients.ts'
import type { DeployedStack } from '../../shared/aws/stack.ts'
import { destinationOf, entriesOf, type NotificationConfiguration } from '../../shared/connect/configuration.ts'
import { diffJson } from '../../shared/connect/diff.ts'
import { objectsTopicName, outputNames, readQueueName } from '../../shared/connect/names.ts'
import {
  type Connection,
  checkDestination,
  type Destination,
  describeEntry,
  type Obstacle,
  type Plan,
  planConnect,
  planDisconnect,
} from '../../shared/connect/plan.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { parseArn } from '../../shared/derive/arn.ts'
import type { Location } from '../../shared/doctor/facts.ts'
import { mayBucketSend } from '../../shared/doctor/queue-policy.ts'
import { allowBucketToSend, bucketArn, partitionOf } from '../../shared/doctor/statements.ts'
import { camelName, KINDS, kindByFolder, kindNames, LOG_KINDS, type LogKind } from '../../shared/kinds/kinds.ts'
import { canAsk, confirm } from '../confirm.ts'
import { type Command, type Io, printError, printText, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'
import { createPaint } from '../render.ts'
import { checkBucketName, readKind, readRegion, readStage, STACK_OPTIONS } from '../stack-options.ts'

const CHANGE_OPTIONS = {
  ...STACK_OPTIONS,
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
} as const

const OPTIONS = {
  ...CHANGE_OPTIONS,
  feed: { type: 'string' },
  prefix: { type: 'string', multiple: true },
  suffix: { type: 'string' },
  'queue-arn': { type: 'string' },
  'topic-arn': { type: 'string' },
  'skip-destination-validation': { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse>['values']
type Feed = 'notification' | 'sns' | 'eventbridge'

const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, strict: true, options: OPTIONS })

/** `connect BUCKET`: adds our notification to a bucket's configuration and leaves all others as they are. */
export const connect: Command = {
  summary: "add our notification to a bucket's configuration, keeping all others",
  usage: `usage: bucketwatch connect BUCKET [--stage STAGE] [--kind ${LOG_KINDS.join('|')}] [options]

Reads the bucket's notification configuration, adds an entry that sends new objects to the stack's queue, shows the
difference, asks, puts it, and reads it again. What others have configured stays as it is. Repeating it changes nothing.

--stage STAGE        the deployed stage (default dev); its outputs say where the queue is
--region REGION      the stack's Region (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1)
--kind KIND          which logs the bucket holds; without it, what the stack's parameters or the prefix tell
--prefix PREFIX      only keys that begin so; may be repeated (default: as in the stack's parameters, for CloudTrail
                     AWSLogs/). Plain text: what S3 wants encoded is encoded
--suffix SUFFIX      only keys that end so
--queue-arn ARN      send to this queue, and do not ask CloudFormation (for another account's credentials)
--feed FEED          notification (default), sns (to the stack's topic, or --topic-arn ARN), eventbridge (switch it on)
--bucket-profile P   the profile that may configure the bucket, if it is another account's
--dry-run            print the configuration that would be put, and change nothing
--yes                do not ask
--skip-destination-validation   let S3 not test the destinations (where one of somebody else's is broken)
Exit 0: connected, or it was already. 1: S3 would refuse, somebody else changed it, or no was answered. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parse(args)
    const bucket = onlyBucket(positionals)
    const feed = checkValues(values)
    const clients = await createClients(values, io)
    const { connection, warnings, obstacles } = await resolve(clients, bucket, feed, values)
    const { region, configuration } = await look(clients, bucket)
    const plan = planConnect(configuration, connection)
    const { destination } = connection
    const all = [
      ...(destination === 'eventbridge' ? [] : checkDestination(destination.arn, region)),
      ...obstacles,
      ...plan.obstacles,
    ]
    for (const warning of warnings) io.err(warning)
    try {
      return await change(clients, bucket, { ...plan, obstacles: all }, values, io, {
        skipDestinationValidation: values['skip-destination-validation'],
        unchanged: `${bucket} is connected already.`,
        done: `${bucket} is connected. It may take S3 some minutes to act on it; \`bucketwatch doctor ${bucket} --stage ${connection.stage}\` tells whether logs come through.`,
      })
    } catch (error) {
      if (error instanceof BucketwatchError && error.code === 'CONNECT_REFUSED' && destination !== 'eventbridge') {
        explainRefusal(io, bucket, destination.arn, error)
      }
      throw error
    }
  },
}

/** `disconnect BUCKET`: takes our entries out of a bucket's configuration and leaves all others as they are. */
export const disconnect: Command = {
  summary: "take our notification out of a bucket's configuration, keeping all others",
  usage: `usage: bucketwatch disconnect BUCKET [--stage STAGE] [--kind ${LOG_KINDS.join('|')}] [options]

Removes the entries that \`connect\` made for a stage: those with the Id bucketwatch-STAGE-KIND. The stack need not exist
any more. EventBridge stays on, since others may listen there, unless --feed eventbridge is given.

--stage STAGE        default dev
--kind KIND          only these (default: both)
--region REGION      where to ask first (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else us-east-1)
--feed eventbridge   switch EventBridge off, too
--bucket-profile P   the profile that may configure the bucket
--dry-run            print the configuration that would be put, and change nothing
--yes                do not ask
Exit 0: disconnected, or it was already. 1: somebody else changed it, or no was answered. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = readArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: { ...CHANGE_OPTIONS, feed: { type: 'string' } },
    })
    const bucket = onlyBucket(positionals)
    const stage = readStage(values.stage)
    const kind = readKind(values.kind)
    if (values.feed !== undefined && values.feed !== 'eventbridge')
      throw usage('--feed is eventbridge here, or left out.')
    const eventBridge = values.feed === 'eventbridge'
    const clients = await createClients(values, io)
    const { configuration } = await look(clients, bucket)
    const plan = planDisconnect(configuration, { stage, kinds: kind === undefined ? LOG_KINDS : [kind], eventBridge })
    for (const note of whatStays(plan.after, stage)) io.err(note)
    return change(clients, bucket, plan, values, io, {
      // What is in there already is not tested anew: somebody else's broken queue must not keep ours in.
      skipDestinationValidation: true,
      unchanged: `${bucket} has no notification of the stage ${stage}.`,
      done: `${bucket} is disconnected from the stage ${stage}.`,
    })
  },
}

function onlyBucket(positionals: readonly string[]): string {
  const [bucket, ...more] = positionals
  if (bucket === undefined || more.length > 0) throw usage('give one bucket.')
  return checkBucketName(bucket)
}

/** Checks what the arguments say by themselves, before AWS is asked anything. @returns the feed */
function checkValues(values: Values): Feed {
  readKind(values.kind)
  readStage(values.stage)
  const { feed, 'queue-arn': queueArn, 'topic-arn': topicArn } = values
  if (feed !== undefined && !['notification', 'sns', 'eventbridge'].includes(feed))
    throw usage(`--feed is notification, sns or eventbridge, not ${JSON.stringify(feed)}.`)
  if (topicArn !== undefined && queueArn !== undefined) throw usage('give --queue-arn or --topic-arn, not both.')
  if (topicArn !== undefined && feed !== undefined && feed !== 'sns') throw usage('--topic-arn goes with --feed sns.')
  if (queueArn !== undefined && feed !== undefined && feed !== 'notification')
    throw usage('--queue-arn goes with --feed notification.')
  for (const [name, arn, service] of [
    ['queue', queueArn, 'sqs'],
    ['topic', topicArn, 'sns'],
  ] as const) {
    if (arn !== undefined && !new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:[\\w.-]+$`).test(arn))
      throw usage(`--${name}-arn is not the ARN of ${service === 'sqs' ? 'an SQS queue' : 'an SNS topic'}.`)
  }
  for (const text of [...(values.prefix ?? []), values.suffix ?? '']) {
    if (text.includes('*')) throw usage(`S3's filters know no wildcards: ${JSON.stringify(text)}.`)
  }
  return topicArn !== undefined ? 'sns' : ((feed as Feed | undefined) ?? 'notification')
}

async function createClients(
  values: { readonly region?: string | undefined; readonly 'bucket-profile'?: string | undefined },
  io: Io,
): Promise<AdminClients> {
  // Loaded only now: the local commands must not pay for five AWS clients.
  const { createAdminClients } = await import('../../shared/aws/admin-clients.ts')
  return createAdminClients({
    region: await readRegion(values.region, io.env),
    bucketProfile: values['bucket-profile'],
  })
}

interface Resolved {
  readonly connection: Connection
  readonly warnings: readonly string[]
  readonly obstacles: readonly Obstacle[]
}

/** From the arguments, and where they leave it open from the stack, what to connect with what. */
async function resolve(clients: AdminClients, bucket: string, feed: Feed, values: Values): Promise<Resolved> {
  const { prefix: prefixes, suffix, 'queue-arn': queueArn, 'topic-arn': topicArn } = values
  const arn = topicArn ?? queueArn
  if (arn !== undefined || feed === 'eventbridge') {
    const named = queueArn === undefined ? undefined : readQueueName(queueArn.split(':').at(-1)!)
    const kind = readKind(values.kind) ?? named?.kind ?? guessKind(prefixes ?? [])
    if (kind === undefined && feed !== 'eventbridge') throw usage(noKind(bucket))
    const connection: Connection = {
      stage: readStage(values.stage ?? named?.stage),
      kind: kind ?? 'cloudtrail',
      destination: arn === undefined ? 'eventbridge' : { arn },
      prefixes: prefixes ?? [defaultPrefix(kind, '')],
      suffix,
    }
    return { connection, warnings: [], obstacles: [] }
  }
  const stage = readStage(values.stage)
  const { readStack, outputOf } = await import('../../shared/aws/stack.ts')
  const stack = await readStack(clients, stage)
  const { locations, warnings } = await readLocations(clients, stack)
  const kinds = LOG_KINDS.filter((kind) => locations?.get(kind)?.some((location) => location.bucket === bucket))
  const kind = readKind(values.kind) ?? (kinds.length === 1 ? kinds[0] : guessKind(prefixes ?? []))
  if (kind === undefined) throw usage(noKind(bucket))
  const stackQueueArn = outputOf(stack, outputNames(kind).queueArn)
  const destination: Destination = { arn: feed === 'sns' ? topicOf(stackQueueArn, stage, kind) : stackQueueArn }
  const known = (locations?.get(kind) ?? []).filter((location) => location.bucket === bucket)
  const fallback = known.length > 0 ? known.map(({ prefix }) => defaultPrefix(kind, prefix)) : [defaultPrefix(kind, '')]
  const connection = { stage, kind, destination, prefixes: prefixes ?? fallback, suffix }
  const obstacles = [
    ...(locations !== undefined && known.length === 0 ? [notAParameter(bucket, kind, stage, stack.region)] : []),
    ...(feed === 'notification' ? await checkSender(clients, stack, bucket, kind, stackQueueArn) : []),
  ]
  return { connection, warnings, obstacles }
}

const noKind = (bucket: string): string =>
  `which logs does ${bucket} hold? Give --kind ${kindNames()} (the stack does not tell, or knows both).`

const guessKind = (prefixes: readonly string[]): LogKind | undefined => prefixes.map(kindByFolder).find(Boolean)

/** Without a prefix of its own a trail delivers to AWSLogs/: narrower is less in the way of others. */
const defaultPrefix = (kind: LogKind | undefined, prefix: string): string =>
  prefix === '' && kind !== undefined ? KINDS[kind].folder : prefix

const topicOf = (queueArn: string, stage: string, kind: LogKind): string => {
  const { partition, region, accountId } = parseArn(queueArn)!
  return `arn:${partition}:sns:${region}:${accountId}:${objectsTopicName(stage, kind)}`
}

/** What the roles may read says what the parameters were. Without the right to ask IAM, the arguments must say it. */
async function readLocations(clients: AdminClients, stack: DeployedStack) {
  const { readRolePolicies, locationsOf, outputOf } = await import('../../shared/aws/stack.ts')
  try {
    const pairs = LOG_KINDS.map(async (kind): Promise<readonly [LogKind, readonly Location[]]> => {
      const policies = await readRolePolicies(clients, outputOf(stack, outputNames(kind).roleArn))
      return [kind, locationsOf(policies)]
    })
    return { locations: new Map(await Promise.all(pairs)), warnings: [] }
  } catch (error) {
    if (!(error instanceof BucketwatchError) || error.code !== 'AWS_CALL') throw error
    return {
      locations: undefined,
      warnings: [
        `Could not see which buckets the stack was deployed for (${error.message}); taking the arguments' word.`,
      ],
    }
  }
}

function notAParameter(bucket: string, kind: LogKind, stage: string, region: string): Obstacle {
  return {
    what: `The stack was not deployed for ${bucket}: its queue does not let the bucket send, its function may not read it.`,
    fix: `npm run deploy -- --stage ${stage} --region ${region} --param="${camelName(kind)}Buckets=…,${bucket}" (… the buckets that are in it already)`,
  }
}

/** S3 refuses a queue that does not let it in; why is easier to say beforehand. */
async function checkSender(
  clients: AdminClients,
  stack: DeployedStack,
  bucket: string,
  kind: LogKind,
  queueArn: string,
): Promise<Obstacle[]> {
  const { readQueue, outputOf } = await import('../../shared/aws/stack.ts')
  try {
    const { policy } = await readQueue(clients, outputOf(stack, outputNames(kind).queueUrl))
    const { allow, deny } = mayBucketSend(policy, queueArn, bucketArn(partitionOf(queueArn), bucket), undefined)
    if (allow !== 'no' && deny !== 'yes') return []
    return [
      {
        what: `The policy of ${queueArn} does not let ${bucket} send.`,
        fix: `Deploy with the bucket in the parameters and with feeds=notification, which adds:\n${allowBucketToSend(queueArn, bucket, stack.accountId)}`,
      },
    ]
  } catch (error) {
    if (error instanceof BucketwatchError && error.code === 'AWS_CALL') return []
    throw error
  }
}

async function look(
  clients: AdminClients,
  bucket: string,
): Promise<{ region: string; configuration: NotificationConfiguration }> {
  const { readBucketRegion, readNotificationConfiguration } = await import(
    '../../shared/aws/notification-configuration.ts'
  )
  const region = await readBucketRegion(clients, bucket)
  const { configuration, unknownElements } = await readNotificationConfiguration(clients, bucket)
  if (unknownElements.length > 0) {
    throw new BucketwatchError(
      'CONNECT_REFUSED',
      `It has settings that this version of bucketwatch does not know (${unknownElements.join(', ')}), and putting it back would delete them. Update bucketwatch, or make the change by hand.`,
      { bucket, unknownElements },
    )
  }
  return { region, configuration }
}

/** Shows, asks, puts. */
async function change(
  clients: AdminClients,
  bucket: string,
  plan: Plan,
  values: { readonly 'dry-run'?: boolean | undefined; readonly yes?: boolean | undefined },
  io: Io,
  told: {
    readonly skipDestinationValidation: boolean | undefined
    readonly unchanged: string
    readonly done: string
  },
): Promise<number> {
  const dryRun = values['dry-run'] === true
  if (plan.changed) showDiff(plan, io)
  const refused = plan.changed && plan.obstacles.length > 0
  if (refused) showObstacles(plan.obstacles, io)
  if (dryRun) {
    await printText(io, JSON.stringify(plan.after, null, 2))
    if (!plan.changed) io.err(`${told.unchanged} Nothing would be changed.`)
    return refused ? 1 : 0
  }
  if (!plan.changed) {
    await io.out(`${told.unchanged} Nothing to change.`)
    return 0
  }
  if (refused) {
    io.err('Nothing was changed.')
    return 1
  }
  if (values.yes !== true) {
    if (!canAsk(io)) {
      io.err('Nothing was changed: there is nobody to ask. Give --yes to put it, or --dry-run to see it.')
      return 1
    }
    io.err('S3 replaces the whole configuration: what somebody else puts in this very moment would be lost.')
    if (!(await confirm(io, `Put this on ${bucket}?`))) {
      io.err('Nothing was changed.')
      return 1
    }
  }
  const { changeConfiguration } = await import('../../shared/aws/change-configuration.ts')
  const { skipDestinationValidation } = told
  await changeConfiguration(clients, bucket, plan, { sleep, skipDestinationValidation })
  await io.out(told.done)
  return 0
}

function showDiff(plan: Plan, io: Io): void {
  const paint = createPaint(io.errIsTerminal, io.env)
  for (const line of diffJson(plan.before, plan.after)) {
    io.err(line[0] === '+' ? paint('green', line) : line[0] === '-' ? paint('red', line) : line)
  }
}

function showObstacles(found: readonly Obstacle[], io: Io): void {
  const paint = createPaint(io.errIsTerminal, io.env)
  for (const { what, fix } of found) {
    io.err(`${paint('red', 'refused:')} ${what}`)
    printError(io, `  ${fix.replaceAll('\n', '\n  ')}`)
  }
}

function explainRefusal(io: Io, bucket: string, arn: string, error: BucketwatchError): void {
  if (!/unable to validate/i.test(String(error.details.reason))) return
  io.err('S3 tests every destination in the configuration, also those that were there before.')
  if (parseArn(arn)?.service === 'sqs') {
    io.err(`If ours is the one at fault (${arn}), its policy needs:`)
    printError(io, allowBucketToSend(arn, bucket, parseArn(arn)!.accountId))
    io.err('with the account that owns the bucket, and a queue encrypted with KMS needs a key that lets S3 in.')
  }
  io.err("If it is somebody else's, have it mended, or give --skip-destination-validation.")
}

/** What `disconnect` does not take away, although it may lead to bucketwatch. */
function whatStays(after: NotificationConfiguration, stage: string): string[] {
  const byHand = entriesOf(after)
    .filter((located) => readQueueName(destinationOf(located).split(':').at(-1) ?? '')?.stage === stage)
    .map((located) => `Stays, since connect did not make it: ${describeEntry(located)}.`)
  const bridge =
    after.EventBridgeConfiguration === undefined
      ? []
      : ['EventBridge stays on: others may listen there. --feed eventbridge switches it off.']
  return [...byHand, ...bridge]
}
