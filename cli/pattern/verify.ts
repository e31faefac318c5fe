import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { PACKAGE_ROOT } from '../../shared/files/package-root.ts'
import { show } from '../../shared/filter-pattern/explain.ts'
import {
  parseVerificationCase,
  planCalls,
  type VerificationCase,
  type VerifiedCase,
  verifyCases,
} from '../../shared/filter-pattern/verify.ts'
import { type Io, printText, readText } from '../io.ts'
import { plural } from '../render.ts'
import { readRegion } from '../stack-options.ts'

/** Our own test cases, which come with the package. */
const OWN_CASES = path.join(PACKAGE_ROOT, 'docs/filter-pattern-cases.jsonl')

export interface VerifyOptions {
  /** JSON lines; `-`: standard input; undefined: our own. */
  readonly file?: string | undefined
  readonly region?: string | undefined
  readonly callsPerSecond: number
  readonly json: boolean
  readonly dryRun: boolean
}

/** Asks AWS about a case file and prints who is right. Returns 1 where somebody is wrong. */
export async function verifyWithAws(options: VerifyOptions, io: Io): Promise<number> {
  const cases = await readCases(options.file, io)
  const calls = planCalls(cases)
  const region = await readRegion(options.region, io.env)
  io.err(
    `${plural(cases.length, 'case')}, ${plural(calls.length, 'call')} of TestMetricFilter in ${region}, ${options.callsPerSecond} a second.`,
  )
  if (options.dryRun) return 0
  // The SDK is loaded only by who talks to AWS.
  const { createLogsClient } = await import('../../shared/aws/clients.ts')
  const { createTestMetricFilter } = await import('../../shared/aws/test-metric-filter.ts')
  const client = createLogsClient({ region, maxAttempts: 8, retryMode: 'adaptive' })
  const results = await verifyCases(cases, {
    test: createTestMetricFilter({ client }),
    pause: () => sleep(1000 / options.callsPerSecond),
    onCall: (done, all) => io.progress(done === all ? '' : `${done} of ${all} calls`),
  })
  const wrong = results.filter(({ verdict }) => verdict === 'engine' || verdict === 'case')
  for (const result of options.json ? results : wrong) {
    await printText(io, options.json ? JSON.stringify(result) : describe(result))
  }
  const count = (verdict: VerifiedCase['verdict']): number =>
    results.filter((result) => result.verdict === verdict).length
  const unasked = count('unasked') === 0 ? '' : ` ${plural(count('unasked'), 'case')} with an empty message not asked.`
  io.err(
    `AWS agrees with ${count('agree')} of ${plural(results.length, 'case')}; bucketwatch is wrong in ${count('engine')}, the case file in ${count('case')}.${unasked}`,
  )
  return wrong.length === 0 ? 0 : 1
}

async function readCases(file: string | undefined, io: Io): Promise<readonly VerificationCase[]> {
  let text: string
  try {
    text = file === '-' ? await readText(io.stdin) : await readFile(file ?? OWN_CASES, 'utf8')
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `The case file cannot be read: ${fileProblem(error)}.`)
  }
  const problems: number[] = []
  const cases = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const each = parseVerificationCase(line)
    if (each === undefined) problems.push(index + 1)
    return each ?? []
  })
  if (problems.length > 0) {
    throw new BucketwatchError(
      'CONFIG_INVALID',
      `A case is a JSON object a line with "pattern", "message" and "match" (true, false or "invalid"); it is not in line ${problems.slice(0, 10).join(', ')}.`,
    )
  }
  if (cases.length === 0) throw new BucketwatchError('CONFIG_INVALID', 'The case file holds no case.')
  return cases
}

const said = (answer: boolean | 'invalid' | undefined): string =>
  answer === 'invalid' ? 'rejected' : answer === true ? 'match' : 'no match'

function describe(result: VerifiedCase): string {
  const { pattern, message, match, ours, aws, reason, agreesWith, verdict } = result
  const who = verdict === 'engine' ? 'bucketwatch is wrong' : 'the case file is wrong'
  const hint = agreesWith === undefined ? '' : `; with ${JSON.stringify(agreesWith)} bucketwatch says the same`
  return [
    `${who}: ${show(pattern)} on ${show(message)}`,
    `  AWS: ${said(aws)}${reason === undefined ? '' : ` (${reason})`}, bucketwatch: ${said(ours)}, case file: ${said(match)}${hint}`,
  ].join('\n')
}
