import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createIpClassifier } from '../../shared/derive/ip.ts'

const classify = createIpClassifier({
  ...EMPTY_ENVIRONMENT,
  allowRanges: ['203.0.113.0/24', '10.0.0.0/8', '2001:db8:a::/48', '198.51.100.5'],
  blockRanges: ['203.0.113.128/25', '2001:db8:bad::/48'],
})

describe('createIpClassifier', () => {
  test.each([
    [undefined, undefined],
    ['', undefined],
    ['-', undefined],
    ['not an address', undefined],
    ['example.com', undefined],
    ['999.1.1.1', undefined],
    ['203.0.113.9', 'allow'],
    ['203.0.113.200', 'block'],
    ['10.9.9.9', 'allow'],
    ['198.51.100.5', 'allow'],
    ['198.51.100.6', 'public'],
    ['172.16.5.4', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.10.20', 'private'],
    ['100.64.0.1', 'private'],
    ['127.0.0.1', 'private'],
    ['169.254.169.254', 'private'],
    ['2001:db8:a::7', 'allow'],
    ['2001:DB8:A:0::7', 'allow'],
    ['2001:db8:bad::1', 'block'],
    ['2001:db8:85a3::8a2e:370:7334', 'public'],
    ['fd00::1', 'private'],
    ['fe80::1%eth0', 'private'],
    ['::1', 'private'],
    ['::ffff:203.0.113.9', 'allow'],
    ['::ffff:192.168.0.1', 'private'],
    ['cloudformation.amazonaws.com', 'aws'],
    ['s3.cn-north-1.amazonaws.com.cn', 'aws'],
    ['AWS Internal', 'aws'],
    ['amazonaws.com.evil.example', undefined],
  ])('%s → %s', (ip, ipClass) => {
    expect(classify(ip)).toBe(ipClass)
  })

  const plain = createIpClassifier(EMPTY_ENVIRONMENT)
  // With a range of its own, each IPv6 address is looked up; without, most need only a look at their first group.
  const looking = createIpClassifier({ ...EMPTY_ENVIRONMENT, blockRanges: ['2001:db8:bad::/48'] })

  test.each([
    ['fc00::1', 'private'],
    ['fdff:ffff::', 'private'],
    ['FD12:3456::1', 'private'],
    ['fbff::1', 'public'],
    ['fe00::1', 'public'],
    ['fe7f::1', 'public'],
    ['fe80::1', 'private'],
    ['febf::1', 'private'],
    ['fec0::1', 'public'],
    ['fd::1', 'public'],
    ['2001:db8::7', 'public'],
    ['::1', 'private'],
    ['0:0:0:0:0:0:0:1', 'private'],
    ['::ffff:a00:1', 'private'],
    ['0:0:0:0:0:ffff:a00:1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    [' fe80::1%eth0 ', 'private'],
    ['fe80::1::2', undefined],
  ])('%s → %s, with and without IPv6 ranges in the settings', (ip, ipClass) => {
    expect([plain(ip), looking(ip)]).toEqual([ipClass, ipClass])
  })

  test('any IPv6 address, with and without IPv6 ranges in the settings', () => {
    fc.assert(fc.property(fc.ipV6(), (ip) => plain(ip) === looking(ip)))
  })

  test.each(['203.0.113.0/33', '203.0.113.0/', 'example.com', '203.0.113.0/-1', '2001:db8::/129', ''])(
    'refuses the range %j',
    (range) => {
      const make = () => createIpClassifier({ ...EMPTY_ENVIRONMENT, allowRanges: [range] })
      expect(make).toThrowError(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
    },
  )
})
