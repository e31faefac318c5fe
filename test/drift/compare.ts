/** Compares the models with our tables: what is new fails by its name, and so does what is gone. */
import { deriveAction } from '../../shared/derive/action.ts'
import { readConfigChange } from '../../shared/derive/config-change.ts'
import { samplesOf, watched } from './sample.ts'
import { type Operation, operationsOf, structuresOf } from './schema.ts'
import { EXAMPLES, LOGGED_AS, type Service } from './services.ts'

/** `PutBucketPolicy` → `config.write policy`; names of both spellings must come out the same. */
export function factsOf(service: Pick<Service, 'name' | 'eventSource'>, operation: string): string {
  const logged = LOGGED_AS[`${service.name} ${operation}`]
  const [facts, others] = [logged ?? operation, operation].map((name) => {
    const { action, change } = deriveAction(service.eventSource, name)
    return change === 'none' ? action : `${action} ${change}`
  })
  // The names of the account's block are the bucket's, but for what CloudTrail calls them.
  return facts === others || service.name === 's3control' ? facts! : `${facts} (as ${operation}: ${others})`
}

/** The table of operations as it ought to be: facts → names, one line each. */
export function operationLines(service: Service, client: object): string[] {
  const lines = new Map<string, string[]>()
  for (const { name } of operationsOf(client as Record<string, unknown>)) {
    const facts = factsOf(service, name)
    const names = lines.get(facts)
    if (names === undefined) lines.set(facts, [name])
    else names.push(name)
  }
  return [...lines].sort().map(([facts, names]) => `${service.name} ${facts}: ${names.join(' ')}`)
}

/** Structure → its members, each with whether a reader takes it. */
export type MemberReads = ReadonlyMap<string, ReadonlyMap<string, boolean>>

/** The members of the structures that are compared. */
export function memberReads(service: Service, client: object): MemberReads {
  const operations = operationsOf(client as Record<string, unknown>)
  const { members } = service
  const shapes = new Map<string, Map<string, boolean>>()
  const read = new Set<string>()
  const take = (operation: Operation, isWanted: (structure: string) => boolean) => {
    for (const [structure, list] of structuresOf(operation.input)) {
      if (isWanted(structure)) shapes.set(structure, new Map(list.map(({ name }) => [name, false])))
    }
  }
  for (const operation of operations) {
    if (typeof members !== 'string') {
      take(operation, (structure) => members.includes(structure))
      continue
    }
    const { readOnly } = deriveAction(service.eventSource, operation.name)
    if (readOnly) continue
    take(operation, () => true)
    readBy(service, operation, (member) => read.add(member))
  }
  for (const [structure, list] of shapes) {
    for (const name of list.keys()) list.set(name, read.has(`${structure}.${name}`))
  }
  return shapes
}

function readBy(service: Service, operation: Operation, onRead: (member: string) => void): void {
  const eventName = LOGGED_AS[`${service.name} ${operation.name}`] ?? operation.name
  const { change } = deriveAction(service.eventSource, eventName)
  const examples = (EXAMPLES[`${service.name} ${operation.name}`] ?? []).map(
    (example) => watched(operation.input, example, service, onRead) as object,
  )
  for (const parameters of [...examples, ...samplesOf(operation.input, service, onRead)]) {
    for (const foreign of [true, false]) {
      readConfigChange({
        eventName,
        change,
        parameters: parameters as Record<string, unknown>,
        isForeign: () => foreign,
        service: service.name,
        eventTimeMs: 0,
      })
    }
  }
}

/** Table lines, without comments and empty ones. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

/** What differs between the operations there are and those that were looked at. */
export function operationProblems(service: Service, client: object, table: readonly string[]): string[] {
  const looked = new Map<string, string>()
  for (const line of table) {
    const match = new RegExp(`^${service.name} ([^:]+): (.+)$`).exec(line)
    if (match === null) continue
    const [, facts = '', names = ''] = match
    for (const name of names.split(' ')) looked.set(name, facts)
  }
  const problems: string[] = []
  for (const { name } of operationsOf(client as Record<string, unknown>)) {
    const facts = factsOf(service, name)
    const expected = looked.get(name)
    looked.delete(name)
    if (expected === undefined) {
      problems.push(`${name}: an operation of ${service.name} that nobody has looked at; taken for ${facts}`)
    } else if (expected !== facts) {
      problems.push(`${name}: an operation of ${service.name}; was looked at as ${expected}, is taken for ${facts}`)
    }
  }
  return [...problems, ...[...looked.keys()].map((name) => `${name}: no operation of ${service.name} (any more)`)]
}

/** The structures that are a call's own values: what most of them have stands in the table once, under `*`. */
const INPUT = /(?:Request|Input)$/

/** What differs between the members there are and those that were looked at. */
export function memberProblems(service: Service, reads: MemberReads, table: readonly string[]): string[] {
  const looked = parseMembers(service, table)
  const everywhere = looked.get('*') ?? new Map<string, string>()
  looked.delete('*')
  const unused = new Set(everywhere.keys())
  const problems: string[] = []
  for (const [structure, members] of reads) {
    const known = looked.get(structure)
    looked.delete(structure)
    for (const [name, isRead] of members) {
      const general = INPUT.test(structure) && !isRead ? everywhere.get(name) : undefined
      const reason = known?.get(name) ?? general
      if (reason === general) unused.delete(name)
      known?.delete(name)
      const what = `${name}: a member of ${service.name}'s ${structure}`
      if (reason === undefined) {
        problems.push(isRead ? `${what} that is read, and is not in the table` : `${what}: unknown to config-change`)
      } else if (isRead !== (reason === 'read')) {
        problems.push(`${what}: the table says "${reason}", and it is ${isRead ? '' : 'not '}read`)
      }
    }
    for (const name of known?.keys() ?? []) problems.push(`${name}: no member of ${service.name}'s ${structure}`)
  }
  for (const name of unused) problems.push(`${name}: in no input of ${service.name} (any more)`)
  return [...problems, ...[...looked.keys()].map((name) => `${name}: no structure of ${service.name}'s writes`)]
}

/** Structure → member → reason. */
export function parseMembers(
  service: Pick<Service, 'name'>,
  table: readonly string[],
): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>()
  for (const line of table) {
    const [name, structure, ...groups] = line.split(' ')
    if (name !== service.name || structure === undefined) continue
    const members = new Map<string, string>()
    for (const group of groups) {
      const [reason = '', names = ''] = group.split('=')
      for (const member of names.split(',')) members.set(member, reason)
    }
    found.set(structure, members)
  }
  return found
}
