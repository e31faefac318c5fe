/**
 * What `setup` has put, in a file: written before each change and after it, so that whatever ends the command, `--undo`
 * knows what may be there. Settings only: no credentials, no logs.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import * as z from 'zod/mini'
import { fileProblem } from '../shared/basics/file-problem.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Change } from '../shared/sources/step.ts'

/** `begun`: it may have been put, or not. */
type Status = 'begun' | 'done' | 'undone'

export interface JournalEntry {
  readonly change: Change
  readonly status: Status
}

export interface JournalHead {
  readonly stage: string
  readonly region: string
  readonly accountId: string
}

const change = z.looseObject({
  kind: z.enum(['sources-stack', 'log-bucket', 'data-events', 'access-logs', 'request-metrics', 'notification']),
  resource: z.string(),
  region: z.string(),
})
const SCHEMA = z.object({
  version: z.literal(1),
  stage: z.string(),
  region: z.string(),
  accountId: z.string(),
  changes: z.array(z.object({ change, status: z.enum(['begun', 'done', 'undone']) })),
})

export interface Journal {
  readonly head: JournalHead
  readonly entries: readonly JournalEntry[]
  /** Writes the change down as begun. @returns its place, for {@link Journal.mark} */
  begin(change: Change): Promise<number>
  mark(index: number, status: Status): Promise<void>
}

/**
 * Opens the file, which need not exist if `head` is given.
 *
 * Errors: USAGE where it is no such file, or one of another account or stage.
 */
export async function openJournal(file: string, head: JournalHead | undefined): Promise<Journal> {
  const found = await read(file)
  if (found === undefined && head === undefined) throw new BucketwatchError('USAGE', `there is no file ${file}.`)
  const known = found ?? { version: 1 as const, ...head!, changes: [] }
  if (head !== undefined && (known.accountId !== head.accountId || known.stage !== head.stage)) {
    throw new BucketwatchError(
      'USAGE',
      `${file} is of the account ${known.accountId} and the stage ${known.stage}: give --state another name.`,
    )
  }
  const entries = known.changes.map((entry) => ({ ...entry, change: entry.change as unknown as Change }))
  async function save(): Promise<void> {
    const { stage, region, accountId } = known
    await writeFile(
      `${file}.new`,
      `${JSON.stringify({ version: 1, stage, region, accountId, changes: entries }, null, 2)}\n`,
    )
    // A file that is half written would be worse than none.
    await rename(`${file}.new`, file)
  }
  return {
    head: known,
    entries,
    async begin(one) {
      entries.push({ change: one, status: 'begun' })
      await save()
      return entries.length - 1
    },
    async mark(index, status) {
      entries[index] = { ...entries[index]!, status }
      await save()
    },
  }
}

async function read(file: string) {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new BucketwatchError('USAGE', `${file} cannot be read: ${fileProblem(error)}.`)
  }
  try {
    return SCHEMA.parse(JSON.parse(text))
  } catch {
    throw new BucketwatchError('USAGE', `${file} is no file that setup has written.`)
  }
}
