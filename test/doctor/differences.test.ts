import { describe, expect, it } from 'vitest'
import { differences } from '../../shared/doctor/differences.ts'
import { Unresolved } from '../../shared/doctor/template-values.ts'

describe('differences', () => {
  it.each<[string, unknown, unknown]>([
    ['a number and its text', 90, '90'],
    ['a boolean and its text', { a: false }, { a: 'false' }],
    ['one and a list of one', { Action: 's3:*' }, { Action: ['s3:*'] }],
    ['lists in another order', ['a', 'b'], ['b', 'a']],
    ['statements in another order', [{ Sid: 'a' }, { Sid: 'b' }], [{ Sid: 'b' }, { Sid: 'a' }]],
    ['members in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['JSON and its text', { a: [1] }, '{"a":1}'],
    ['an account and its root', 'arn:aws:iam::111122223333:root', '111122223333'],
    ['nothing and an empty list', { a: [] }, {}],
    ['nothing and an empty object', { a: { b: '' } }, undefined],
    ['null and nothing', { a: null }, {}],
    ['a pattern that only looks like JSON', '{ $.a = "b" }', '{ $.a = "b" }'],
    ['what cannot be known', { a: new Unresolved('x') }, { a: 'b' }],
    ['an item that cannot be known', { a: ['b', new Unresolved('x')] }, { a: ['b', 'c'] }],
  ])('%s are the same', (_, expected, actual) => {
    expect(differences(expected, actual, 'p')).toEqual([])
  })

  it.each<[string, unknown, unknown, unknown[]]>([
    ['a value', 90, 1, [{ path: 'p', expected: '90', actual: '1' }]],
    ['true and false', true, false, [{ path: 'p', expected: 'true', actual: 'false' }]],
    ['a member less', { a: 1, b: 2 }, { a: 1 }, [{ path: 'p.b', expected: '2', actual: undefined }]],
    ['a member more', {}, { a: 1 }, [{ path: 'p', expected: undefined, actual: { a: '1' } }]],
    ['an item less', ['a', 'b'], ['b'], [{ path: 'p', expected: 'a', actual: undefined }]],
    ['an item more', ['a'], ['a', 'b'], [{ path: 'p', expected: undefined, actual: 'b' }]],
    ['the same item twice', ['a'], ['a', 'a'], [{ path: 'p', expected: undefined, actual: 'a' }]],
    [
      'one statement among others',
      { Statement: [{ Sid: 'a', Effect: 'Deny' }, { Sid: 'b' }] },
      '{"Statement":[{"Sid":"b"},{"Sid":"a","Effect":"Allow"}]}',
      [{ path: 'p.Statement[a].Effect', expected: 'Deny', actual: 'Allow' }],
    ],
    [
      'a statement more',
      { Statement: [{ Sid: 'a' }] },
      { Statement: [{ Sid: 'a' }, { Effect: 'Allow', Principal: '*' }] },
      [{ path: 'p.Statement', expected: undefined, actual: { Effect: 'Allow', Principal: '*' } }],
    ],
    [
      'an item more than what cannot be known',
      ['a', new Unresolved('x')],
      ['a', 'b', 'c'],
      [{ path: 'p', expected: undefined, actual: 'c' }],
    ],
    [
      'another account',
      '111122223333',
      'arn:aws:iam::444455556666:root',
      [{ path: 'p', expected: '111122223333', actual: '444455556666' }],
    ],
  ])('%s', (_, expected, actual, found) => {
    expect(differences(expected, actual, 'p')).toEqual(found)
  })
})
