/** Commands of the AWS CLI, ready to be pasted into a shell. */

/** A flag (true), a value, or JSON; undefined: the option is left out. */
export type Options = Readonly<Record<string, unknown>>

/**
 * One command.
 *
 * @param call service and operation: `sqs set-queue-attributes`
 * @example
 * awsCli('logs put-retention-policy', 'eu-west-1', { 'log-group-name': '/a b', 'retention-in-days': 90 })
 * // aws logs put-retention-policy --region eu-west-1 --log-group-name '/a b' --retention-in-days 90
 */
export function awsCli(call: string, region: string, options: Options): string {
  const all: Options = { region, ...options }
  const words = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined) return []
    return value === true ? [`--${name}`] : [`--${name} ${quote(value)}`]
  })
  return ['aws', call, ...words].join(' ')
}

/** The same with all that the operation takes as one JSON object, by the names of the API. */
export const awsCliJson = (call: string, region: string, input: unknown): string =>
  awsCli(call, region, { 'cli-input-json': input })

function quote(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The members of an object by the names of APIs that begin them small: CloudWatch Logs, Step Functions. */
export function withSmallNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSmallNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      `${key.slice(0, 1).toLowerCase()}${key.slice(1)}`,
      withSmallNames(item),
    ]),
  )
}
