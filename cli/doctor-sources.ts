import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Finding } from '../shared/doctor/finding.ts'
import { createReport } from '../shared/doctor/finding.ts'
import { checkSources } from '../shared/sources/check-sources.ts'
import type { Io } from './io.ts'
import { lookAtAccounts, lookAtStack, readAsked } from './source-options.ts'

/** What the doctor finds of the account's own sources: trails, data events, access logs of all its buckets. */
export async function sourceFindings(
  values: { readonly stage?: string | undefined; readonly region?: string | undefined },
  io: Io,
): Promise<Finding[]> {
  const asked = await readAsked([], { stage: values.stage, region: values.region }, io)
  try {
    const { link } = await lookAtStack(asked)
    const looked = await lookAtAccounts(asked, io)
    return looked.flatMap(({ account }) => checkSources(account, link, asked.options))
  } catch (error) {
    if (!(error instanceof BucketwatchError) || error.code !== 'AWS_CALL') throw error
    return [createReport('account')('warn', 'sources', `Could not look at the sources: ${error.message}`)]
  }
}
