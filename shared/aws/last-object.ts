/** The youngest log object in a bucket, found with few calls: keys hold dates, so that no bucket is listed through. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { LogKind } from '../kinds/kinds.ts'
import { classifyKey } from '../object/key.ts'
import { type AdminClients, callAws } from './admin-clients.ts'

const DAY = 86_400_000
/** Calls at most. An organization's trail may have thousands of folders: some accounts and Regions must do. */
const MAX_CALLS = 40
const FOLDERS_A_LEVEL = 4

export interface FoundObject {
  readonly key: string
  readonly time: number
}

export interface LastObjectOptions {
  readonly bucket: string
  readonly kind: LogKind
  readonly prefix: string
  readonly now: number
  /** Folders that are looked into first: account ids, Regions. */
  readonly prefer: readonly string[]
}

/**
 * The youngest log object of today or yesterday (UTC) below a prefix; undefined: none was found. In a bucket with many
 * accounts and Regions it is the youngest of those that were looked into.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * await findLastObject(clients, { bucket, kind: 'cloudtrail', prefix: 'AWSLogs/', now: Date.now(), prefer: [region] })
 */
export async function findLastObject(
  { s3 }: Pick<AdminClients, 's3'>,
  options: LastObjectOptions,
): Promise<FoundObject | undefined> {
  const { bucket, kind, now } = options
  let calls = 0
  let youngest: FoundObject | undefined

  async function list(prefix: string, more: { Delimiter?: string; StartAfter?: string; ContinuationToken?: string }) {
    if (calls >= MAX_CALLS) return { Contents: [], CommonPrefixes: [], NextContinuationToken: undefined }
    calls += 1
    const input = { Bucket: bucket, Prefix: prefix, ...more }
    return callAws('s3:ListBucket', () => s3.send(new ListObjectsV2Command(input)))
  }

  async function folders(prefix: string): Promise<string[]> {
    const { CommonPrefixes = [] } = await list(prefix, { Delimiter: '/' })
    return CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix]))
  }

  /** Takes note of the youngest object of the kind; true if there was one. */
  async function look(prefix: string, StartAfter?: string, Delimiter?: string): Promise<boolean> {
    let found = false
    let ContinuationToken: string | undefined
    do {
      const more = {
        ...(StartAfter !== undefined && { StartAfter }),
        ...(Delimiter !== undefined && { Delimiter }),
        ...(ContinuationToken && { ContinuationToken }),
      }
      const { Contents = [], NextContinuationToken } = await list(prefix, more)
      for (const { Key = '', LastModified } of Contents) {
        if (classifyKey(Key).kind !== kind) continue
        found = true
        const time = LastModified?.getTime() ?? 0
        if (youngest === undefined || time > youngest.time) youngest = { key: Key, time }
      }
      ContinuationToken = NextContinuationToken
    } while (ContinuationToken !== undefined)
    return found
  }

  async function lookAtDays(folder: string, nameBegins: (date: string) => string | undefined): Promise<void> {
    for (const time of [now, now - DAY]) {
      const [date = ''] = new Date(time).toISOString().split('T')
      if (await look(`${folder}${date.replaceAll('-', '/')}/`, nameBegins(date))) return
    }
  }

  const search: Readonly<Record<LogKind, () => Promise<void>>> = {
    async cloudtrail() {
      for (const folder of await regionFolders(options, folders)) {
        const [account, , region] = folder.split('/').slice(-4)
        await lookAtDays(folder, (date) => {
          // A busy account has thousands of objects a day: those of the last two hours come last.
          const recent = new Date(now - 2 * 3_600_000).toISOString()
          if (!recent.startsWith(date)) return undefined
          return `${folder}${date.replaceAll('-', '/')}/${account}_CloudTrail_${region}_${date.replaceAll('-', '')}T${recent.slice(11, 13)}`
        })
      }
    },
    async 'access-log'() {
      // Simple names: the time of delivery follows the prefix. First the last hours, then all since yesterday.
      for (const since of [now - 3 * 3_600_000, now - DAY]) {
        const time = new Date(since)
          .toISOString()
          .slice(0, since === now - DAY ? 10 : 13)
          .replace('T', '-')
        if (await look(options.prefix, `${options.prefix}${time}`, '/')) return
      }
      for (const folder of await partitionFolders(options, folders)) await lookAtDays(folder, () => undefined)
    },
  }
  await search[kind]()
  return youngest
}

type Folders = (prefix: string) => Promise<readonly string[]>

/** `…AWSLogs/[o-id/]111122223333/CloudTrail/us-east-1/` below the prefix, those preferred first. */
async function regionFolders({ prefix, prefer }: LastObjectOptions, folders: Folders): Promise<string[]> {
  const at = prefix.indexOf('AWSLogs/')
  const start = at < 0 ? prefix : prefix.slice(0, Math.max(at + 'AWSLogs/'.length, prefix.lastIndexOf('/') + 1))
  let level = [start]
  const complete: string[] = []
  // As deep as two folders, AWSLogs, organization, account, CloudTrail, Region can be.
  for (let depth = 0; depth < 8 && level.length > 0; depth++) {
    const next: string[] = []
    for (const folder of level) {
      if (/AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/CloudTrail\/[a-z0-9-]+\/$/.test(folder)) {
        complete.push(folder)
        continue
      }
      const inside = (await folders(folder)).filter((child) => mayLead(child, depth))
      const logs = inside.find((child) => child === `${folder}AWSLogs/`)
      next.push(...(logs === undefined ? choose(inside, prefer) : [logs]))
    }
    level = next
  }
  return complete
}

/** Below AWSLogs only organizations, accounts, CloudTrail and Regions; above it anything, two folders deep. */
function mayLead(folder: string, depth: number): boolean {
  const at = folder.lastIndexOf('AWSLogs/')
  if (at < 0) return depth < 2
  return /^AWSLogs\/(?:o-[a-z0-9]+\/)?(?:\d{12}\/(?:CloudTrail\/(?:[a-z0-9-]+\/)?)?)?$/.test(folder.slice(at))
}

/** `111122223333/us-east-1/amzn-s3-demo-source/` below the prefix. */
async function partitionFolders({ prefix, prefer }: LastObjectOptions, folders: Folders): Promise<string[]> {
  let level = [prefix]
  for (const part of [/\d{12}\/$/, /[a-z]{2,}(?:-[a-z0-9]+)+\/$/, /[a-z0-9.-]{3,63}\/$/]) {
    const next: string[] = []
    for (const folder of level) {
      next.push(
        ...choose(
          (await folders(folder)).filter((child) => part.test(child.slice(folder.length))),
          prefer,
        ),
      )
    }
    level = next
  }
  return level
}

function choose(found: readonly string[], prefer: readonly string[]): string[] {
  const rank = (folder: string) => {
    const name = folder.slice(0, -1).split('/').at(-1) ?? ''
    return prefer.includes(name) ? 0 : 1
  }
  return [...found].sort((a, b) => rank(a) - rank(b)).slice(0, FOLDERS_A_LEVEL)
}
