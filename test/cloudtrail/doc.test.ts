import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DERIVED_FIELDS } from '../../shared/cloudtrail/derived.ts'
import { MEMBERS } from '../../shared/cloudtrail/members.ts'

const doc = readFileSync('docs/record.md', 'utf8')

describe('docs/record.md', () => {
  test('names every derived field', () => {
    for (const name of DERIVED_FIELDS) expect(doc).toContain(`\`${name}\``)
  })
})

describe('the table of members', () => {
  test('gives a reason for all that goes', () => {
    for (const { drop, object, path, why } of MEMBERS) {
      expect([path, (drop ?? object) === undefined || why !== undefined]).toEqual([path, true])
    }
  })

  test('names derived fields that there are, and each of them but the few that need no member', () => {
    const given = new Set(MEMBERS.flatMap(({ gives = '' }) => gives.split(' ').filter((name) => name !== '')))
    expect([...given].filter((name) => !DERIVED_FIELDS.includes(name))).toEqual([])
    expect(DERIVED_FIELDS.filter((name) => !given.has(name))).toEqual(['kind', 'source'])
  })
})
