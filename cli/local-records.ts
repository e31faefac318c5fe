/** The records that local runs have left in their log groups. */
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Finding } from '../shared/incident/finding.ts'
import { LOG_KINDS } from '../shared/kinds/kinds.ts'
import { listLogGroups, scanLogEvents } from '../shared/local/logs.ts'
import { type Facets, facetsOfEvent } from '../shared/search/facets.ts'
import { type Io, usage } from './io.ts'
import { LOCAL_ROOT } from './local-root.ts'

/** What one stage's runs have left. */
export interface LocalGroups {
  readonly stage: string
  /** The log groups of records. */
  readonly names: readonly string[]
}

/**
 * The log groups of a stage: of the one that is named, else of the one that runs here have without a name, else of the
 * only one that there is.
 *
 * @throws BucketwatchError INPUT_NONE where there are none, USAGE where it is not clear which.
 */
export async function localGroups(stage: string | undefined, env: Io['env']): Promise<LocalGroups> {
  const groups = await listLogGroups(LOCAL_ROOT)
  const ofRecords = new RegExp(`^/bucketwatch/([^/]+)/(?:${LOG_KINDS.join('|')})$`)
  const stages = [...new Set(groups.flatMap((name) => ofRecords.exec(name)?.[1] ?? []))]
  if (stages.length === 0)
    throw new BucketwatchError(
      'INPUT_NONE',
      `There are no log groups in ${LOCAL_ROOT}/: give files, or let \`bucketwatch start\` run first.`,
    )
  const own = stage ?? (await ownStage(stages, env))
  const chosen = own ?? (stages.length === 1 ? stages[0]! : undefined)
  if (chosen === undefined) throw usage(`--stage ${stages.join(' or ')}: the runs of which one?`)
  const names = LOG_KINDS.map((kind) => `/bucketwatch/${chosen}/${kind}`).filter((name) => groups.includes(name))
  if (names.length === 0)
    throw new BucketwatchError(
      'INPUT_NONE',
      `There are no records of the stage ${chosen} in ${LOCAL_ROOT}/; there are: ${stages.join(', ')}.`,
    )
  return { stage: chosen, names }
}

async function ownStage(stages: readonly string[], env: Io['env']): Promise<string | undefined> {
  const { localStage } = await import('./local-stage.ts')
  return stages.find((one) => one === localStage(env))
}

/** The records of log groups, one after the other. What is no record of a log is left out. */
export async function* localRecords({ names }: LocalGroups): AsyncGenerator<Facets> {
  for (const name of names) {
    for await (const event of scanLogEvents(LOCAL_ROOT, name)) {
      const facets = facetsOfEvent(event)
      if (facets !== undefined) yield facets
    }
  }
}

/** All findings that the runs of a stage have recorded. */
export async function localFindings(stage: string): Promise<Finding[]> {
  const name = `/bucketwatch/${stage}/findings`
  if (!(await listLogGroups(LOCAL_ROOT)).includes(name)) return []
  const findings: Finding[] = []
  for await (const { message } of scanLogEvents(LOCAL_ROOT, name)) {
    const finding = JSON.parse(message) as Finding
    if (finding.kind === 'finding') findings.push(finding)
  }
  return findings
}
