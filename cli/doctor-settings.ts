/** What the doctor finds of the settings, beside what AWS says of the account. */

import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Environment } from '../shared/contracts/record.ts'
import { formatProblem, type Problem } from '../shared/detection/problem.ts'
import { createReport, type Finding } from '../shared/doctor/finding.ts'
import { checkSettings } from '../shared/ours/check-settings.ts'
import { OUR_KEYS, type OurKey } from '../shared/ours/facts.ts'
import type { Io } from './io.ts'
import { lookAtOwn, openSettings, readOwnQuestion } from './own-facts.ts'
import { readProject } from './project.ts'

/** Compares the settings given, or the project's. What they do not speak of is not asked for. */
export async function settingsFindings(
  values: { readonly settings?: string | undefined; readonly region?: string | undefined },
  io: Io,
): Promise<Finding[]> {
  const name = values.settings ?? (await readProject()).settings
  if (name === undefined) {
    const what = 'No settings file is given: nothing but the account itself counts as yours.'
    const fix = 'bucketwatch doctor --facts --write settings.yml makes one; --settings FILE names it.'
    return [createReport('settings')('note', 'settings', what, { fix })]
  }
  try {
    const file = await openSettings(name)
    if (file.text === undefined) return [createReport(name)('warn', 'settings', 'There is no such settings file.')]
    const question = await readOwnQuestion({ region: values.region }, io)
    const { ours, comparison, options } = await lookAtOwn({ ...question, keys: keysOf(file.environment) }, file, io)
    return checkSettings({ ours, environment: file.environment, comparison, file: name, options })
  } catch (error) {
    if (!(error instanceof BucketwatchError) || !['AWS_CALL', 'SETTINGS_INVALID'].includes(error.code)) throw error
    return [createReport(name)('warn', 'settings', `Could not compare the settings: ${problemText(error)}`)]
  }
}

function keysOf(environment: Environment): OurKey[] {
  const { logBuckets, watchedBuckets, purposes = {} } = environment
  const namesBuckets = [logBuckets, Object.keys(watchedBuckets), Object.keys(purposes)].some(({ length }) => length > 0)
  return OUR_KEYS.filter((key) => {
    if (['account', 'trustedAccounts', 'organizations'].includes(key)) return true
    if (key === 'buckets' && namesBuckets) return true
    // Where logs go is told with the sources; ids of roles are too many to be read each time.
    if (key === 'logBuckets' || key === 'principalIds') return false
    return (environment[key] ?? []).length > 0
  })
}

/** What is wrong with a file of settings, in one line. */
function problemText({ message, details }: BucketwatchError): string {
  const problems = Array.isArray(details.problems) ? (details.problems as (Problem | string)[]) : [message]
  return problems.map((problem) => (typeof problem === 'string' ? problem : formatProblem(problem))).join('; ')
}
