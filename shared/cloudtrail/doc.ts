import { type Condition, MEMBERS } from './members.ts'

const WHEN: Readonly<Record<Condition, string>> = {
  always: 'always',
  ordinary: 'where it is',
  awsHost: 'where it is an AWS endpoint',
  own: 'where it is the `recipientAccountId`',
  knownTool: 'of ordinary SDKs, the AWS CLI and the console',
  notRoot: 'where it is',
  hasArn: 'where there is an ARN',
  arnSaysRole: "where the session's ARN names the same role",
  bucketIsNamed: 'where the bucket stands in the parameters and is ours',
}

/**
 * What a lean CloudTrail record goes without, as the Markdown table of docs/record.md.
 *
 * @example
 * memberTable().split('\\n')[0] // '| member | left out of | when | why |'
 */
export function memberTable(): string {
  const rows = MEMBERS.flatMap(({ path, drop, object, usual = [], why = '' }) => {
    const condition = drop ?? object
    if (condition === undefined) return []
    const values = usual.map((json) => `\`${json.replaceAll('"', '')}\``).join(', ')
    const when = WHEN[condition] + (WHEN[condition] === 'where it is' ? ` ${values === '' ? 'empty' : values}` : '')
    return [`| \`${path}\` | ${drop === undefined ? 'S3 data events' : 'all'} | ${when} | ${why} |`]
  })
  return ['| member | left out of | when | why |', '|---|---|---|---|', ...rows].join('\n')
}
