import { DERIVED } from './derived.ts'
import { type Condition, MEMBERS, type MemberRow } from './members.ts'

const WHEN: Readonly<Record<Condition, string>> = {
  always: 'always',
  ordinary: 'where it is',
  awsHost: 'where it is an AWS endpoint',
  ownRegion: 'where it is the Region that the stack is in, and it is not the root user',
  own: 'where it is the `recipientAccountId`',
  knownTool: 'of ordinary SDKs, browsers, the AWS CLI, Terraform and its like, the console and AWS itself',
  notRoot: 'where it is',
  hasArn: 'where there is an ARN',
  isOwnByArn: 'where the ARN names the `recipientAccountId`, and that is our own account (and the VPC endpoint’s)',
  arnSaysRole: "where the session's ARN names the same role",
  bucketIsNamed: 'where the bucket stands in the parameters and is ours',
}

/** When a lean record goes without a member, in words; undefined where it never does. */
export function whenLeftOut({ drop, object, usual = [] }: MemberRow): string | undefined {
  const condition = drop ?? object
  if (condition === undefined) return undefined
  if (WHEN[condition] !== 'where it is') return WHEN[condition]
  const values = usual
    .filter((json) => !json.startsWith('['))
    .map((json) => `\`${json.replaceAll('"', '')}\``)
    .join(', ')
  return `where it is ${values === '' ? 'empty' : values}`
}

/** What a member or a derived field takes, bytes a record: the mean over S3 data events, or over management events. */
export interface MeasuredBytes {
  readonly object: (path: string) => number
  readonly management: (path: string) => number
}

/**
 * What a lean CloudTrail record goes without of the event's members, as the Markdown table of docs/record.md.
 *
 * @param saved bytes that lean saves.
 * @example
 * memberTable(saved).split('\\n')[0] // '| member | left out of | when | why | bytes |'
 */
export function memberTable(saved: MeasuredBytes): string {
  const rows = MEMBERS.flatMap((row) => {
    const when = whenLeftOut(row)
    if (when === undefined) return []
    const [of, bytes] = row.drop === undefined ? ['S3 data events', saved.object] : ['all', bothOf(saved)]
    return [`| \`${row.path}\` | ${of} | ${when} | ${row.why ?? ''} | ${bytes(row.path)} |`]
  })
  return ['| member | left out of | when | why | bytes |', '|---|---|---|---|---|', ...rows].join('\n')
}

/** The same of the derived fields. */
export function derivedTable(saved: MeasuredBytes): string {
  const rows = DERIVED.flatMap(({ lean, member, ...row }) =>
    lean === 'plain' ? [`| \`${member}\` | ${row.why} | ${bothOf(saved)(member)} |`] : [],
  )
  return ['| field | left out where it is | bytes |', '|---|---|---|', ...rows].join('\n')
}

const bothOf =
  ({ management, object }: MeasuredBytes) =>
  (path: string): string =>
    `${object(path)}, ${management(path)}`
