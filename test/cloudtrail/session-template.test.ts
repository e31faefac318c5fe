import { describe, expect, test } from 'vitest'
import { createSessionTemplate, matchSession } from '../../shared/cloudtrail/session-template.ts'
import { role } from '../cases/cloudtrail-records.ts'

interface Facts {
  readonly arn: string
  readonly mfa: string
}
const read = (identity: string): Facts => {
  const { arn, sessionContext } = JSON.parse(identity)
  return { arn: `<${arn}>`, mfa: String(sessionContext.attributes?.mfaAuthenticated) }
}
const template = (identity: string, others: (facts: Facts) => string = ({ mfa }) => mfa) =>
  createSessionTemplate(identity, read, ({ arn }) => arn, others)

const identity = (
  options: Parameters<typeof role>[1] = {},
  accessKeyId = 'ASIAEXAMPLE',
  created = '2026-06-01',
): string =>
  JSON.stringify(role('Admin', options))
    .replace('ASIAIOSFODNN7EXAMPLE', accessKeyId)
    .replace('2026-06-01T10:00:00Z', created)

describe('a template', () => {
  const known = template(identity())!
  const nameIn = (text: string): string | undefined => matchSession(known, `..${text}..`, 2, 2 + text.length)

  test('holds for every session of the role', () => {
    expect(known.facts.mfa).toBe('false')
    expect(`${known.before}bob${known.after}`).toBe(read(identity()).arn)
    for (const session of ['bob', 'eve', 'alice@example.com', 'i-0123456789abcdef0']) {
      expect(nameIn(identity({ session }, 'ASIAOTHER', '2025-01-01'))).toBe(session)
    }
  })

  test.each([
    ['another role', identity().replaceAll('Admin', 'Other')],
    ['another account', identity({ account: '444455556666' })],
    ['another path', identity({ path: 'x/' })],
    ['with a second factor', identity({ mfa: 'true' })],
    ['other by one character', identity().replace('"mfaAuthenticated":"false"', '"mfaAuthenticated":"fals3"')],
    ['two names', identity().replace('AROAEXAMPLE:bob', 'AROAEXAMPLE:eve')],
    ['one member more', identity().replace(/\}$/, ',"invokedBy":"x"}')],
    ['cut off', identity().slice(0, -1)],
    ['cut off early', identity().slice(0, 60)],
    ['empty', ''],
  ])('does not hold for an identity that is %s', (_name, text) => {
    expect(nameIn(text)).toBeUndefined()
  })
})

test.each([
  ['a user', '{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice"}'],
  ['two names', identity().replace('AROAEXAMPLE:bob', 'AROAEXAMPLE:eve')],
  ['a placeholder', identity({ session: 'NameOfSession' })],
  ['nothing', ''],
])('there is none of %s', (_name, text) => {
  expect(template(text)).toBeUndefined()
})

test('there is none where more of the facts depends on the session', () => {
  expect(template(identity(), ({ arn }) => arn)).toBeUndefined()
  const twice = createSessionTemplate(
    identity(),
    read,
    ({ arn }) => arn + arn,
    () => '',
  )
  const keyed = createSessionTemplate(
    identity(),
    (text) => text,
    (text) => text.slice(0, 90),
    (text) => text.slice(90),
  )
  expect([twice, keyed]).toEqual([undefined, undefined])
})
