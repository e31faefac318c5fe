/** The settings beside what AWS says of the account: what a plain `doctor` tells of them. */

import type { Environment } from '../contracts/record.ts'
import { createReport, type Finding } from '../doctor/finding.ts'
import { type Comparison, type Gone, strangers } from './compare.ts'
import type { OurKey } from './facts.ts'
import type { Item, Ours } from './ours.ts'
import { unreadLine } from './unread.ts'

/** Of a longer list, people read the beginning. */
const MOST = 5

const WHY_ADDED: Partial<Readonly<Record<OurKey, string>>> = {
  account: 'Without it each record’s own account counts as yours.',
  trustedAccounts: 'What they do across accounts, and policies that let them in, are told as a stranger’s.',
  organizations: 'A policy that lets your organization in is told as one for strangers.',
}

/**
 * What the settings lack and what they should not say any more. Nothing of it fails: alerts come either way, too many
 * of them or, where somebody else may get what was ours, too few.
 *
 * @param file the settings file, as the commands that are printed name it
 * @param options `--region eu-west-1`, as commands need it to mean the same account
 * @example
 * checkSettings({ ours, environment, comparison, file: 'settings.yml', options: '' }).filter(({ level }) => level === 'warn')
 */
export function checkSettings(given: {
  readonly ours: Ours
  readonly environment: Environment
  readonly comparison: Comparison
  readonly file: string
  readonly options: string
}): Finding[] {
  const { ours, environment, comparison, file, options } = given
  const report = createReport(file)
  const fix = `bucketwatch doctor --facts --write ${file}${options === '' ? '' : ` ${options}`}`
  const unknown = strangers(ours, environment)
  if (unknown.length > 0) {
    const what = `The settings are those of ${environment.account}, and do not know ${unknown.join(', ')}, whose credentials these are.`
    return [report('warn', 'settings', what, { fix: 'Use credentials of your own account, or other settings.' })]
  }
  const findings = [
    ...ours.unread.map((one) => report('note', 'settings', `Not compared: ${unreadLine(one)}`)),
    ...[...comparison.added]
      .filter(([key]) => isSpokenOf(key, environment))
      .map(([key, items]) => {
        const why = WHY_ADDED[key]
        return report('note', 'settings', `${key} lacks ${nounOf(items)}.`, { fix, ...(why !== undefined && { why }) })
      }),
    ...goneFindings(comparison.gone, report),
  ]
  return findings.length > 0 ? findings : [report('ok', 'settings', 'They say of the account what AWS says.')]
}

/** A list that somebody keeps is to be whole; one that nobody keeps is their choice. */
function isSpokenOf(key: OurKey, environment: Environment): boolean {
  return key in WHY_ADDED || (environment[key] ?? []).length > 0
}

function nounOf(items: readonly Item[]): string {
  const named = items.slice(0, MOST).map(({ value, label }) => (label === '' ? value : `${value} (${label})`))
  const more = items.length - named.length
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`
}

/** Only what is certain: a partner’s account is none of the organization’s, day after day. */
function goneFindings(all: readonly Gone[], report: ReturnType<typeof createReport>): Finding[] {
  const groups = new Map<string, Gone[]>()
  for (const gone of all) {
    if (!gone.sure) continue
    const group = `${gone.key} ${gone.why}`
    groups.set(group, [...(groups.get(group) ?? []), gone])
  }
  return [...groups.values()].map((group) => {
    const { key, why, takeable } = group[0]!
    const values = nounOf(group.map(({ value }) => ({ value, label: '' })))
    const fix = `Take ${group.length === 1 ? 'it' : 'them'} out of ${key}.`
    return takeable
      ? report('warn', 'settings', `${key} has ${values}: ${why}.`, {
          why: 'Whoever gets it next counts as one of yours.',
          fix,
        })
      : report('note', 'settings', `${key} has ${values}: ${why}.`, { fix })
  })
}
