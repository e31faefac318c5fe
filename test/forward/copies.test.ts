import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createCopies, markCopy } from '../../shared/forward/copies.ts'
import { call, data, role } from '../cases/cloudtrail-records.ts'

const normalize = createCloudTrailNormalizer({
  environment: EMPTY_ENVIRONMENT,
  detail: 'lean',
  capBytes: 8192,
  now: () => 0,
})
const callOf = (record: unknown) => normalize(JSON.stringify(record)).view.call

const SHARED = { sharedEventID: '99999999-2222-4333-8444-555555555555', userIdentity: role('Reader') }
const endpoint = { vpcEndpointId: 'vpce-0123456789abcdef0', requestID: 'REQ0000000000009' }

describe('a call that is logged twice', () => {
  test.each([
    [
      'for two accounts',
      data('DeleteObject', {}, SHARED),
      data('DeleteObject', {}, { ...SHARED, eventID: 'other', recipientAccountId: '444455556666' }),
      true,
    ],
    [
      'as a data event and a network-activity event',
      data('GetObject', {}, endpoint),
      data(
        'GetObject',
        {},
        { ...endpoint, eventID: 'other', eventCategory: 'NetworkActivity', eventType: 'AwsVpceEvent' },
      ),
      true,
    ],
    ['in the same way', data('DeleteObject', {}, SHARED), data('DeleteObject', {}, SHARED), false],
    [
      'no: another call of the same request',
      data('DeleteObject', { key: 'a' }, endpoint),
      data('DeleteObject', { key: 'b' }, { ...endpoint, eventID: 'other' }),
      false,
    ],
    [
      'no: another name',
      data('CopyObject', {}, endpoint),
      data('GetObject', {}, { ...endpoint, eventCategory: 'NetworkActivity' }),
      false,
    ],
    ['no: nothing that tells', data('GetObject'), data('GetObject', {}, { recipientAccountId: '444455556666' }), false],
  ])('%s', (_name, first, second, isCopy) => {
    const copies = createCopies()
    expect(copies.isCopy(callOf(first))).toBe(false)
    expect(copies.isCopy(callOf(second))).toBe(isCopy)
    // The first stays the first: an object that is delivered again changes nothing.
    expect(copies.isCopy(callOf(first))).toBe(false)
  })

  test('is known through one to two generations', () => {
    const copies = createCopies(10)
    copies.isCopy({ ids: ['a'], loggedAs: 'x' })
    for (let i = 0; i < 15; i++) copies.isCopy({ ids: [`b${i}`], loggedAs: 'x' })
    expect(copies.isCopy({ ids: ['a'], loggedAs: 'y' })).toBe(true)
    for (let i = 0; i < 30; i++) copies.isCopy({ ids: [`c${i}`], loggedAs: 'x' })
    expect(copies.isCopy({ ids: ['a'], loggedAs: 'y' })).toBe(false)
  })

  test('is known as two plain lists of calls would know it', () => {
    const calls = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 2 })), { maxLength: 400 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), calls, (size, given) => {
        const copies = createCopies(size)
        let young = new Map<number, number>()
        let old = new Map<number, number>()
        for (const [id, form] of given) {
          const first = young.get(id) ?? old.get(id)
          expect(copies.isCopy({ ids: [`${id}`], loggedAs: `${form}` })).toBe(first !== undefined && first !== form)
          if (first !== undefined) continue
          if (young.size >= size) [old, young] = [young, new Map()]
          young.set(id, form)
        }
      }),
    )
  })

  test('is told from others, however many ways there are to log it', () => {
    const copies = createCopies()
    const ids = Array.from({ length: 3_000 }, (_, i) => `shared/${i}`)
    for (const id of ids) expect(copies.isCopy({ ids: [id], loggedAs: `Data/${id}` })).toBe(false)
    for (const id of ids.slice(-500)) expect(copies.isCopy({ ids: [id], loggedAs: `Data/${id}` })).toBe(false)
    for (const id of ids.slice(-500)) expect(copies.isCopy({ ids: [id], loggedAs: 'Data/another' })).toBe(true)
  })

  test('says so in its first field', () => {
    const { message } = normalize(JSON.stringify(call('x.amazonaws.com', 'X')))
    expect(Object.entries(JSON.parse(markCopy(message)))[0]).toEqual(['copy', true])
    expect(JSON.parse(markCopy(message))).toEqual({ copy: true, ...JSON.parse(message) })
  })
})
