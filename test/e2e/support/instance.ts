/**
 * A function instance of the test's own, to be killed: the code that is deployed, in a process of its own, with SQS's
 * event on standard input. What the handler returns goes to standard output.
 */
import { text } from 'node:stream/consumers'
import { createAwsForwarder } from '../../../shared/lambda/forwarder.ts'

const handler = createAwsForwarder('cloudtrail')
const started = Date.now()
const remainingMs = Number(process.env.E2E_REMAINING_MS ?? 300_000)
const context = {
  functionName: 'cloudtrail',
  awsRequestId: 'e2e',
  getRemainingTimeInMillis: () => remainingMs - (Date.now() - started),
}
const event: unknown = JSON.parse(await text(process.stdin))
console.log(`\n${JSON.stringify(await handler(event, context as never))}`)
