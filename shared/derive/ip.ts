import { BlockList, isIP } from 'node:net'
import { BucketwatchError } from '../contracts/errors.ts'
import type { Environment, IpClass } from '../contracts/record.ts'
import { memoize } from './bounded-memo.ts'

/** RFC 1918, RFC 6598 (shared address space), loopback, link local, RFC 4193: never routed on the internet. */
const PRIVATE_RANGES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '0.0.0.0/8',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]

/** CloudTrail writes a service's DNS name, or "AWS Internal", where there is no client address. */
const AWS_NAME = /^(?:[a-z0-9_-]+\.)+(?:amazonaws\.com(?:\.cn)?|aws\.internal|aws\.amazon\.com)$|^aws internal$/i

/** Ranges of IPv4 addresses as numbers: [first, last] pairs. IPv6 and names go by the BlockList. */
function toNumbers(ranges: readonly string[]): Float64Array {
  return Float64Array.from(
    ranges.flatMap((range) => {
      const [address = '', prefix = '32'] = range.trim().split('/')
      const number = ipv4Number(address)
      if (number === -1) return []
      const size = 2 ** (32 - Number(prefix))
      const first = Math.floor(number / size) * size
      return [first, first + size - 1]
    }),
  )
}

function isIn(ranges: Float64Array, number: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (number >= ranges[i]! && number <= ranges[i + 1]!) return true
  return false
}

/** An IPv4 address in plain decimals as a number; -1 for anything else. */
function ipv4Number(text: string): number {
  if (text.length > 15) return -1
  let number = 0
  let part = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x2e) {
      if (part === -1) return -1
      number = number * 256 + part
      part = -1
      dots++
    } else {
      // A leading zero is read as octal by some: no address that anyone can rely on.
      if (code < 0x30 || code > 0x39 || part === 0) return -1
      part = (part === -1 ? 0 : part * 10) + code - 0x30
      if (part > 255) return -1
    }
  }
  return dots === 3 && part !== -1 ? number * 256 + part : -1
}

/** Whether a `sourceIPAddress` is an address; services have names there. */
export function isAddress(ip: string | undefined): boolean {
  return ip !== undefined && isIP(plainAddress(ip)) !== 0
}

/** The usual forms: nothing around it, no zone, not the notation that may hold an IPv4 address. */
const IS_PLAIN = /^[^\s:%][^\s%]*$/

/** Without a zone, and of an IPv4 address in IPv6 notation the IPv4 address. */
function plainAddress(text: string): string {
  if (IS_PLAIN.test(text)) return text
  const plain = text.trim().replace(/%.*$/, '')
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain
}

/** Whether an IPv6 address whose first group is not 0 is of `fc00::/7` or `fe80::/10`. */
function isLocal6(address: string): boolean {
  const first = Number.parseInt(address, 16)
  return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80
}

/** An IPv4 or IPv6 range as its family, first address (as bits) and length. */
function readRange(
  text: string,
): { readonly family: 4 | 6; readonly bits: bigint; readonly length: number } | undefined {
  const [address = '', prefix] = text.trim().split('/')
  const family = isIP(address)
  if (family !== 4 && family !== 6) return undefined
  const width = family === 4 ? 32 : 128
  const length = prefix === undefined ? width : Number(prefix)
  if (!Number.isInteger(length) || length < 0 || length > width) return undefined
  return { family, bits: family === 4 ? BigInt(ipv4Number(address)) : ipv6Bits(address), length }
}

function ipv6Bits(address: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const number = tail === null ? 0 : ipv4Number(tail[2]!)
  const plain = tail === null ? address : `${tail[1]}${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`
  const [head = '', rest] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = rest === undefined || rest === '' ? [] : rest.split(':')
  const zeros = rest === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

/**
 * Whether a range lies within one of ours, or is not routed on the internet. What is no range is not ours.
 *
 * @example
 * isOurRange('203.0.113.7/32', ['203.0.113.0/24']) // true
 */
export function isOurRange(range: string, ours: readonly string[]): boolean {
  const inner = readRange(range)
  if (inner === undefined) return false
  return [...ours, ...PRIVATE_RANGES].some((text) => {
    const outer = readRange(text)
    if (outer === undefined || outer.family !== inner.family || outer.length > inner.length) return false
    const shift = BigInt((inner.family === 4 ? 32 : 128) - outer.length)
    return outer.bits >> shift === inner.bits >> shift
  })
}

/** Ranges that hold more than this many addresses are no restriction (Amazon S3 User Guide, "The meaning of public"). */
const MOST = { 4: 2n ** 24n, 6: 2n ** 96n } as const

/**
 * Whether address ranges together let in the internet, or so much of it that they restrict nobody: a range wider than
 * /8 (IPv6: /32), or several that add up to more. Ranges that are not routed do not count; what is no range counts as all.
 *
 * @example
 * isInternet(['0.0.0.0/1', '128.0.0.0/1']) // true
 */
export function isInternet(ranges: readonly string[]): boolean {
  const sum = { 4: 0n, 6: 0n }
  for (const text of ranges) {
    const range = readRange(text)
    if (range === undefined) return true
    if (isOurRange(text, [])) continue
    sum[range.family] += 2n ** BigInt((range.family === 4 ? 32 : 128) - range.length)
  }
  return sum[4] > MOST[4] || sum[6] > MOST[6]
}

function toBlockList(ranges: readonly string[], field: string): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.trim().split('/')
    const version = isIP(address)
    const bits = version === 6 ? 128 : 32
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
    if (version === 0 || length < 0 || length > bits)
      throw new BucketwatchError('SETTINGS_INVALID', `${field}: "${range}" is no CIDR range.`, { field, range })
    list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/**
 * Makes a classifier of `sourceIPAddress` values: `block` and `allow` from the environment's ranges (block wins),
 * `private` for addresses that are not routed on the internet, `aws` for a service's DNS name or "AWS Internal",
 * `public` for every other address. Absent values, "-" and texts that are neither give undefined. IPv4-mapped IPv6
 * addresses are judged as IPv4. Results are remembered.
 *
 * @throws BucketwatchError SETTINGS_INVALID where a range is no CIDR range (a bare address counts as one).
 * @see CloudTrail User Guide, "CloudTrail record contents" (sourceIPAddress)
 * @example
 * createIpClassifier({ ...EMPTY_ENVIRONMENT, allowRanges: ['203.0.113.0/24'] })('203.0.113.9') // 'allow'
 */
export function createIpClassifier(environment: Environment): (ip: string | undefined) => IpClass | undefined {
  const block = toBlockList(environment.blockRanges, 'blockRanges')
  const allow = toBlockList(environment.allowRanges, 'allowRanges')
  const local = toBlockList(PRIVATE_RANGES, 'private')
  const [blocked, allowed, unrouted] = [environment.blockRanges, environment.allowRanges, PRIVATE_RANGES].map(toNumbers)
  const hasOwnRanges6 = [...environment.blockRanges, ...environment.allowRanges].some((range) => range.includes(':'))
  const classify = memoize((text: string): { ipClass: IpClass | undefined } => {
    const ip = plainAddress(text)
    const version = isIP(ip)
    if (version === 0) return { ipClass: AWS_NAME.test(ip) ? 'aws' : undefined }
    if (version === 6 && !hasOwnRanges6 && !/^[:0]/.test(ip)) return { ipClass: isLocal6(ip) ? 'private' : 'public' }
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (block.check(ip, family)) return { ipClass: 'block' }
    if (allow.check(ip, family)) return { ipClass: 'allow' }
    return { ipClass: local.check(ip, family) ? 'private' : 'public' }
  }, 8192)
  return (ip) => {
    if (ip === undefined) return undefined
    // Nearly all addresses are of this kind, and many are seen once: not worth remembering.
    const number = ipv4Number(ip)
    if (number === -1) return classify(ip).ipClass
    if (isIn(blocked!, number)) return 'block'
    if (isIn(allowed!, number)) return 'allow'
    return isIn(unrouted!, number) ? 'private' : 'public'
  }
}
