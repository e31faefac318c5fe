import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { call, HOUR, hit, nobody, rulesOf, START, tellerOf } from './support.ts'

test('docs/findings.md names the members of a finding, all of them and no others', async () => {
  const suppressions = [{ rule: 'kept-out', until: START + HOUR, reason: 'a test' }]
  const { teller, record, pass } = tellerOf({
    rules: rulesOf('s3-policy-public'),
    settings: { quietMinutes: 120, remindHours: 24, suppressions },
  })
  await teller.take([hit([nobody()], { rule: 'sal-anon-get' })])
  await teller.take([hit([call({ person: 'mallory' })], { rule: 'kept-out' })])
  await teller.take([hit([call({ eventName: 'PutBucketPolicy', public: true, at: START })])])
  const counted = hit([call({ eventName: 'DeleteObject', at: START + 1 })], { rule: 'data-mass-delete' })
  await teller.take([{ ...counted, matches: 9 }])
  await pass(START + 12 * HOUR)
  const members = new Set(record.findings.flatMap((finding) => Object.keys(finding)))
  const text = readFileSync('docs/findings.md', 'utf8')
  const table = text.slice(text.indexOf('<!-- findings'), text.indexOf('<!-- end -->'))
  const documented = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  expect(new Set(documented)).toEqual(members)
})
