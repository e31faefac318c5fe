/** The parameters of a call as CloudTrail would log them, made from the model; and what a reader takes from them. */
import { type Member, type Shape, shapeOf } from './schema.ts'
import type { Service } from './services.ts'

/** Enough values for every branch of a reader that looks at texts. */
const TEXTS = [
  'Enabled',
  'Disabled',
  'NONE',
  'OFF',
  '*',
  'BucketOwnerPreferred',
  'arn:aws:s3:::amzn-s3-demo-bucket',
  'Management',
  '2026-01-15T09:00:00Z',
  '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}',
]
const FLAGS = [true, false]
const MAX_DEPTH = 8

/** Told of each member that is read, as `Structure.member`. */
type OnRead = (member: string) => void

/**
 * All variants of an input: every value that a reader may ask for is there.
 *
 * @param input the operation's input, as in the model.
 */
export function* samplesOf(input: unknown, service: Pick<Service, 'logs'>, onRead: OnRead): Generator<object> {
  const variant = { text: TEXTS[0]!, flag: true, without: NOTHING, service, onRead }
  for (const text of TEXTS) {
    for (const flag of FLAGS) yield sampleOf(input, { ...variant, text, flag }, 0) as object
  }
  // A reader may ask for one member only where another is not there.
  for (let without = 0; without < PARTS; without++) yield sampleOf(input, { ...variant, without }, 0) as object
}

/** The values of an example, each member told when it is read. */
export function watched(
  reference: unknown,
  value: unknown,
  service: Pick<Service, 'logs'>,
  onRead: OnRead,
  isTop = true,
): unknown {
  const shape = shapeOf(reference)
  if (shape.kind === 'list' && Array.isArray(value)) {
    return value.map((one) => watched(shape.item, one, service, onRead, false))
  }
  if (shape.kind !== 'structure' || typeof value !== 'object' || value === null) return value
  const given = value as Readonly<Record<string, unknown>>
  const logged = new Map<string, Logged>()
  for (const member of shape.members) {
    const name = nameOf(member, service, isTop)
    if (!Object.hasOwn(given, name)) continue
    const read = watched(member.target, given[name], service, onRead, false)
    logged.set(name, { member: `${shape.name}.${member.name}`, value: read })
  }
  return telling(logged, onRead)
}

const PARTS = 5
const NOTHING = -1

function partOf(name: string): number {
  let sum = 0
  for (let at = 0; at < name.length; at++) sum += name.charCodeAt(at)
  return sum % PARTS
}

interface Variant {
  readonly text: string
  readonly flag: boolean
  /** The members left out: a fifth of them, by their names. */
  readonly without: number
  readonly service: Pick<Service, 'logs'>
  readonly onRead: OnRead
}

function sampleOf(reference: unknown, variant: Variant, depth: number): unknown {
  const shape = shapeOf(reference)
  if (shape.kind === 'structure') return depth > MAX_DEPTH ? {} : structure(shape, variant, depth)
  if (shape.kind === 'list') return [sampleOf(shape.item, variant, depth + 1)]
  if (shape.kind === 'map') return { [variant.text]: variant.text }
  return shape.kind === 'boolean' ? variant.flag : shape.kind === 'number' ? 1 : variant.text
}

interface Logged {
  readonly member: string
  readonly value: unknown
}

function structure(shape: Shape & { readonly kind: 'structure' }, variant: Variant, depth: number): object {
  const logged = new Map<string, Logged>()
  for (const member of shape.members) {
    if (depth > 0 && partOf(member.name) === variant.without) continue
    const value = wrapped(member, sampleOf(member.target, variant, depth + 1), variant)
    logged.set(nameOf(member, variant.service, depth === 0), { member: `${shape.name}.${member.name}`, value })
  }
  return telling(logged, variant.onRead)
}

/** An object that tells which of its members are read. */
function telling(logged: ReadonlyMap<string, Logged>, onRead: OnRead): object {
  const plain = Object.fromEntries([...logged].map(([name, { value }]) => [name, value]))
  return new Proxy(plain, {
    get(target, name, receiver) {
      const read = typeof name === 'string' ? logged.get(name) : undefined
      if (read !== undefined) onRead(read.member)
      return Reflect.get(target, name, receiver)
    },
  })
}

/** S3's own words for the members that are in the path. */
const PATH: Readonly<Record<string, string>> = {
  Bucket: 'bucketName',
  Key: 'key',
  AccountId: 'accountId',
  Name: 'name',
}

function nameOf({ name, traits }: Member, service: Pick<Service, 'logs'>, isTop: boolean): string {
  if (service.logs === 'camel') return name.charAt(0).toLowerCase() + name.slice(1)
  if (typeof traits.httpHeader === 'string') return traits.httpHeader
  if (typeof traits.xmlName === 'string') return traits.xmlName
  return (isTop ? PATH[name] : undefined) ?? name
}

/** `<Grants><Grant>…`: the items of a list that is not flattened stand one level deeper. */
function wrapped({ target, traits }: Member, value: unknown, { service }: Variant): unknown {
  const shape = shapeOf(target)
  if (service.logs !== 'xml' || shape.kind !== 'list' || traits.xmlFlattened !== undefined) return value
  const item = shape.itemTraits.xmlName
  return typeof item === 'string' ? { [item]: value } : value
}
