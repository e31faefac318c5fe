/**
 * Compares the AWS SDK's models with our tables (`npm run check:drift`): operations.txt and members.txt list what has
 * been looked at. `--print` writes the tables as they would be, with "?" for what nobody has looked at.
 */
import { readFileSync } from 'node:fs'
import {
  linesOf,
  type MemberReads,
  memberProblems,
  memberReads,
  operationLines,
  operationProblems,
  parseMembers,
} from './compare.ts'
import { REASONS, SERVICES, type Service } from './services.ts'

const tableOf = (name: string) => linesOf(readFileSync(new URL(name, import.meta.url), 'utf8'))

function printed(service: Service, reads: MemberReads, table: readonly string[]): string[] {
  const looked = parseMembers(service, table)
  const everywhere = looked.get('*')
  return [...reads].sort().flatMap(([structure, members]) => {
    const groups = new Map<string, string[]>()
    for (const [name, isRead] of members) {
      const own = looked.get(structure)?.get(name)
      const general = /(?:Request|Input)$/.test(structure) && !isRead ? everywhere?.get(name) : undefined
      if (own === undefined && general !== undefined) continue
      const said = own
      const reason = isRead ? 'read' : said === undefined || said === 'read' ? '?' : said
      const names = groups.get(reason)
      if (names === undefined) groups.set(reason, [name])
      else names.push(name)
    }
    if (groups.size === 0) return []
    return [service.name, structure, ...[...groups].map(([reason, names]) => `${reason}=${names.join(',')}`)].join(' ')
  })
}

const isPrinted = process.argv.includes('--print')
const operations = tableOf('operations.txt')
const members = tableOf('members.txt')
const problems: string[] = []
const lines: string[] = []
let looked = 0
for (const service of SERVICES) {
  const client = await service.load()
  const reads = memberReads(service, client)
  problems.push(...operationProblems(service, client, operations), ...memberProblems(service, reads, members))
  looked += [...reads.values()].reduce((sum, list) => sum + list.size, 0)
  lines.push(...operationLines(service, client), ...printed(service, reads, members))
}
for (const line of members) {
  for (const group of line.split(' ').slice(2)) {
    const reason = group.split('=')[0]!
    if (!Object.hasOwn(REASONS, reason)) problems.push(`members.txt: "${reason}" is no reason (${line.slice(0, 60)})`)
  }
}
if (isPrinted) console.log(lines.join('\n'))
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.error(`${operations.length} lines of operations, ${looked} members: all looked at`)
