import { type Condition, MEMBERS, type MemberRow } from './members.ts'

const WHEN: Readonly<Record<Condition, string>> = {
  always: 'always',
  ordinary: 'where it is',
  awsHost: 'where it is an AWS endpoint',
  own: 'where it is the `recipientAccountId`',
  knownTool: 'of ordinary SDKs, the AWS CLI and the console',
  notRoot: 'where it is',
  hasArn: 'where there is an ARN',
  isOwnByArn: 'where the ARN names the `recipientAccountId`, and that is our own account',
  arnSaysRole: "where the session's ARN names the same role",
  bucketIsNamed: 'where the bucket stands in the parameters and is ours',
}

/** When a lean record goes without a member, in words; undefined where it never does. */
export function whenLeftOut({ drop, object, usual = [] }: MemberRow): string | undefined {
  const condition = drop ?? object
  if (condition === undefined) return undefined
  if (WHEN[condition] !== 'where it is') return WHEN[condition]
  const values = usual.map((json) => `\`${json.replaceAll('"', '')}\``).join(', ')
  return `where it is ${values === '' ? 'empty' : values}`
}

/**
 * What a lean CloudTrail record goes without, as the Markdown table of docs/record.md.
 *
 * @example
 * memberTable().split('\\n')[0] // '| member | left out of | when | why |'
 */
export function memberTable(): string {
  const rows = MEMBERS.flatMap((row) => {
    const when = whenLeftOut(row)
    if (when === undefined) return []
    return [`| \`${row.path}\` | ${row.drop === undefined ? 'S3 data events' : 'all'} | ${when} | ${row.why ?? ''} |`]
  })
  return ['| member | left out of | when | why |', '|---|---|---|---|', ...rows].join('\n')
}
