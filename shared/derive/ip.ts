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
  const classify = memoize((text: string): { ipClass: IpClass | undefined } => {
    const plain = text.trim().replace(/%.*$/, '')
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
    const ip = mapped ?? plain
    const version = isIP(ip)
    if (version === 0) return { ipClass: AWS_NAME.test(ip) ? 'aws' : undefined }
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (block.check(ip, family)) return { ipClass: 'block' }
    if (allow.check(ip, family)) return { ipClass: 'allow' }
    return { ipClass: local.check(ip, family) ? 'private' : 'public' }
  }, 8192)
  return (ip) => (ip === undefined ? undefined : classify(ip).ipClass)
}
