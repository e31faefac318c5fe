import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ACCESS_LOG_COLUMNS } from '../../shared/athena/access-log-table.ts'
import { ASKED, QUERIES, savedQueryName } from '../../shared/athena/queries.ts'

const page = readFileSync('docs/athena.md', 'utf8')

test('the page lists the saved queries as they are', () => {
  const rows = QUERIES.map(
    (query) =>
      `| ${savedQueryName(query)} | ${query.tells} | ${query.asks.map((name) => `\`${ASKED[name]}\``).join(', ')} |`,
  )
  const [, table] = /<!-- queries -->\n\|.*\n\|.*\n([\s\S]*?)<!-- end -->/.exec(page)!
  expect(table).toBe(`${rows.join('\n')}\n`)
})

test('every query has a name of its own, and asks for what it names', () => {
  expect(new Set(QUERIES.map(savedQueryName)).size).toBe(QUERIES.length)
  for (const { sql, asks } of QUERIES) expect([...sql.matchAll(/:(\w+)/g)].map(([, name]) => name)).toEqual([...asks])
})

test('the columns are those of the fields, in their order', () => {
  expect(ACCESS_LOG_COLUMNS).toEqual([
    ...['bucketowner', 'bucket_name', 'requestdatetime', 'remoteip', 'requester', 'requestid', 'operation', 'key'],
    ...['request_uri', 'httpstatus', 'errorcode', 'bytessent', 'objectsize', 'totaltime', 'turnaroundtime', 'referrer'],
    ...['useragent', 'versionid', 'hostid', 'sigv', 'ciphersuite', 'authtype', 'endpoint', 'tlsversion'],
    ...['accesspointarn', 'aclrequired', 'sourceregion', 'extra', 'unread'],
  ])
})
