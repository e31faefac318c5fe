import { describe, expect, test } from 'vitest'
import { deriveTls } from '../../shared/derive/tls.ts'

describe('deriveTls', () => {
  test.each([
    ['TLSv1.3', 'TLSv1.3', false],
    ['TLSv1.2', 'TLSv1.2', false],
    ['TLSV1.2', 'TLSv1.2', false],
    ['1.3', 'TLSv1.3', false],
    ['TLSv1.1', 'TLSv1.1', true],
    ['TLSv1', 'TLSv1', true],
    ['TLSv1.0', 'TLSv1', true],
    ['TLSV1', 'TLSv1', true],
    ['SSLv3', 'SSLv3', true],
    ['TLSv2', 'TLSv2', false],
    ['tlsVersion', undefined, false],
    ['-', undefined, false],
    ['', undefined, false],
    [undefined, undefined, false],
  ])('%s → %s, outdated %s', (version, tlsVersion, tlsOutdated) => {
    expect(deriveTls(version)).toEqual(tlsVersion === undefined ? { tlsOutdated } : { tlsVersion, tlsOutdated })
  })
})
