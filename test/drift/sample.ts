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
  for (const text of TEXTS) {
    for (const flag of FLAGS) {
      const sample = sampleOf(input, { text, flag, service, onRead }, 0)
      if (typeof sample === 'object' && sample !== null) yield sample
    }
  }
}

interface Variant {
  readonly text: string
  readonly flag: boolean
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

function structure(shape: Shape & { readonly kind: 'structure' }, variant: Variant, depth: number): object {
  const logged = new Map<string, { readonly member: string; readonly value: unknown }>()
  for (const member of shape.members) {
    const value = sampleOf(member.target, variant, depth + 1)
    logged.set(nameOf(member, variant), {
      member: `${shape.name}.${member.name}`,
      value: wrapped(member, value, variant),
    })
  }
  const plain = Object.fromEntries([...logged].map(([name, { value }]) => [name, value]))
  return new Proxy(plain, {
    get(target, name, receiver) {
      const read = typeof name === 'string' ? logged.get(name) : undefined
      if (read !== undefined) variant.onRead(read.member)
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

function nameOf({ name, traits }: Member, { service }: Variant): string {
  if (service.logs === 'camel') return name.charAt(0).toLowerCase() + name.slice(1)
  if (typeof traits.httpHeader === 'string') return traits.httpHeader
  if (typeof traits.xmlName === 'string') return traits.xmlName
  return PATH[name] ?? name
}

/** `<Grants><Grant>…`: the items of a list that is not flattened stand one level deeper. */
function wrapped({ target, traits }: Member, value: unknown, { service }: Variant): unknown {
  const shape = shapeOf(target)
  if (service.logs !== 'xml' || shape.kind !== 'list' || traits.xmlFlattened !== undefined) return value
  const item = shape.itemTraits.xmlName
  return typeof item === 'string' ? { [item]: value } : value
}
