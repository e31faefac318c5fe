import { describe, expect, test } from 'vitest'
import { isPublicAcl } from '../../shared/derive/acl.ts'

const ALL = 'http://acs.amazonaws.com/groups/global/AllUsers'
const AUTHENTICATED = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'
const LOGS = 'http://acs.amazonaws.com/groups/s3/LogDelivery'

describe('isPublicAcl', () => {
  test.each([
    { 'x-amz-acl': 'public-read' },
    { 'x-amz-acl': ['public-read-write'] },
    { 'x-amz-acl': 'authenticated-read' },
    { 'x-amz-grant-read': `uri="${ALL}"` },
    { 'X-Amz-Grant-Full-Control': [`id="abc", uri="${AUTHENTICATED}"`] },
    { accessControlList: { 'x-amz-grant-write': `uri=${ALL}` } },
    { accessControlList: { 'x-amz-acl': 'public-read' } },
    { AccessControlPolicy: { AccessControlList: { Grant: { Grantee: { URI: ALL } } } } },
    {
      AccessControlPolicy: {
        AccessControlList: { Grant: [{ Grantee: { ID: 'x' } }, { Grantee: { URI: AUTHENTICATED } }] },
      },
    },
  ])('%j is public', (parameters) => {
    expect(isPublicAcl(parameters)).toBe(true)
  })

  test.each([
    {},
    { 'x-amz-acl': 'private' },
    { 'x-amz-acl': [''] },
    { 'x-amz-acl': 'bucket-owner-full-control' },
    { 'x-amz-acl': 'log-delivery-write' },
    { 'x-amz-acl': true },
    { 'x-amz-grant-write': `uri="${LOGS}"` },
    { AccessControlPolicy: { AccessControlList: { Grant: { Grantee: { URI: LOGS } } } } },
    { AccessControlPolicy: '' },
    { key: ALL },
  ])('%j is not', (parameters) => {
    expect(isPublicAcl(parameters)).toBe(false)
  })
})
