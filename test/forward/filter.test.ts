import { describe, expect, it } from 'vitest'
import type { RecordView } from '../../shared/contracts/record.ts'
import { createRecordFilter, type FilterOptions } from '../../shared/forward/filter.ts'
import { view } from '../support/view.ts'

const NOTHING: FilterOptions = {
  includeEventNames: [],
  excludeEventNames: [],
  excludeReadOnlyData: false,
  excludeAwsService: 'none',
  ownRoles: [],
}

const CASES: [string, Partial<FilterOptions>, Partial<RecordView>, string | undefined][] = [
  ['forwards everything by default', {}, {}, undefined],
  ['own role by name', { ownRoles: ['app'] }, {}, 'ownTraffic'],
  ['own role by ARN', { ownRoles: ['arn:aws:iam::111122223333:role/app'] }, {}, 'ownTraffic'],
  ['own role with a path', { ownRoles: ['fn'] }, { actor: 'arn:aws-cn:iam::111122223333:role/x/y/fn' }, 'ownTraffic'],
  [
    'a user of the same name is somebody else',
    { ownRoles: ['app'] },
    { actor: 'arn:aws:iam::111122223333:user/app' },
    undefined,
  ],
  [
    'a longer name is somebody else',
    { ownRoles: ['app'] },
    { actor: 'arn:aws:iam::111122223333:role/my-app' },
    undefined,
  ],
  [
    'AWS delivering into a log bucket',
    {},
    { logBucket: true, awsService: true, action: 'object.write' },
    'logDelivery',
  ],
  ['a person writing into a log bucket', {}, { logBucket: true, action: 'object.write' }, undefined],
  ['AWS deleting from a log bucket', {}, { logBucket: true, awsService: true, action: 'object.delete' }, undefined],
  ['event name excluded', { excludeEventNames: ['GetObject'] }, {}, 'eventNameExcluded'],
  ['event name excluded by glob', { excludeEventNames: ['Get*'] }, {}, 'eventNameExcluded'],
  ['event name not included', { includeEventNames: ['Put*', 'Delete*'] }, {}, 'eventNameNotIncluded'],
  ['event name included', { includeEventNames: ['*Object'] }, {}, undefined],
  ['read-only data', { excludeReadOnlyData: true }, {}, 'readOnlyData'],
  [
    'a read that failed is kept',
    { excludeReadOnlyData: true },
    { outcome: 'failure', errorClass: 'denied' },
    undefined,
  ],
  ['an anonymous read is kept', { excludeReadOnlyData: true }, { anonymous: true }, undefined],
  ['a write is kept', { excludeReadOnlyData: true }, { action: 'object.write', readOnly: false }, undefined],
  ['AWS service reads', { excludeAwsService: 'reads' }, { awsService: true }, 'awsService'],
  [
    'AWS service writes are kept under "reads"',
    { excludeAwsService: 'reads' },
    { awsService: true, readOnly: false },
    undefined,
  ],
  ['AWS service writes under "all"', { excludeAwsService: 'all' }, { awsService: true, readOnly: false }, 'awsService'],
  ['text that could not be parsed is never filtered', { excludeEventNames: ['*'] }, { kind: 'parseError' }, undefined],
]

describe('createRecordFilter', () => {
  it.each(CASES)('%s', (_, options, changes, expected) => {
    const filter = createRecordFilter({ ...NOTHING, ...options })
    expect(filter(view(changes))).toBe(expected)
    expect(filter(view(changes))).toBe(expected)
  })
})
