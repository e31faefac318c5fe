import { isIPv6 } from 'node:net'
import type { RecordView } from '../contracts/record.ts'
import type { EntityField } from '../detection/schema.ts'
import type { EventFacts } from './facts.ts'
import { principalInView, principalOf } from './principal.ts'

/** Groups of an IPv6 address that name a network; the rest a customer can change at will. */
const NETWORK_GROUPS = 4

/**
 * An address as an entity: of IPv6 its /64 network, since one customer has that many addresses.
 *
 * @example
 * networkOf('2001:db8:1:2:3:4:5:6') // '2001:db8:1:2::/64'
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('%', 1)[0]!.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 address at the end stands for two groups.
  const missing = 8 - before.length - after.length - (address.includes('.') ? 1 : 0)
  const groups = tail === undefined ? before : [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/**
 * The values that a record is counted by. What a record does not say is `unknown`; callers without credentials are
 * `anonymous`.
 *
 * @param facts reads the message; asked only where the view does not say it.
 */
export function entityValue(field: EntityField, view: RecordView, facts: () => EventFacts): string {
  switch (field) {
    case 'actor':
      return view.actor ?? (view.anonymous ? 'anonymous' : 'unknown')
    case 'bucket':
      return view.bucket ?? 'unknown'
    case 'ip':
      return view.sourceIPAddress === undefined ? 'unknown' : networkOf(view.sourceIPAddress)
    case 'account':
      return facts().accountId ?? 'unknown'
    case 'principal':
      return principalIn(view, facts)
  }
}

/** Whose incident a record is: see principalOf. */
export function principalIn(view: RecordView, facts: () => EventFacts): string {
  return principalInView(view) ?? principalOf(facts())
}
