import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  actedBy,
  alarmUrl,
  athenaUrl,
  insightsFilter,
  logsInsightsUrl,
  oneOf,
  recordsQuery,
} from '../../shared/alert/insights.ts'
import { ACCESS_LOG, CLOUDTRAIL, T } from './support.ts'

const FRANKFURT = { partition: 'aws', region: 'eu-central-1' }

describe('alarmUrl', () => {
  test.each([
    ['aws', 'eu-central-1', 'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1'],
    ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1'],
    [
      'aws-us-gov',
      'us-gov-west-1',
      'https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1',
    ],
  ])('%s', (partition, region, console) => {
    expect(alarmUrl({ partition, region }, 'my alarm')).toBe(`${console}#alarmsV2:alarm/my%20alarm`)
  })

  test.each([
    ['aws-iso', 'us-iso-east-1'],
    ['aws', ''],
    ['aws', 'evil.example/?'],
  ])('no link into a console that is not known: %s %s', (partition, region) => {
    expect(alarmUrl({ partition, region }, 'a')).toBeUndefined()
  })
})

/** Reads the URL as the console does: `$` is `%`, decoded as a fragment, then as a query, then as JSURL. */
function decodeInsightsUrl(url: string): Record<string, unknown> {
  const fragment = decodeURIComponent(url.split('#')[1]!.replaceAll('$', '%'))
  const [path, query = ''] = fragment.split('?')
  expect(path).toBe('logsV2:logs-insights')
  expect(query).toMatch(/^queryDetail=/)
  return parseJsUrl(decodeURIComponent(query.slice('queryDetail='.length))) as Record<string, unknown>
}

/** https://github.com/Sage/jsurl, the reading side for objects, lists and texts. */
function parseJsUrl(text: string): unknown {
  let at = 0
  const take = (expected: string) => {
    expect(text[at]).toBe(expected)
    at += 1
  }
  const word = () => {
    const start = at
    while (at < text.length && text[at] !== '~' && text[at] !== ')') at += 1
    return text
      .slice(start, at)
      .replace(/\*\*([0-9a-f]{4})|\*([0-9a-f]{2})/g, (_, long, short) =>
        String.fromCharCode(Number.parseInt(long ?? short, 16)),
      )
  }
  const value = (): unknown => {
    take('~')
    if (text[at] === "'") {
      at += 1
      return word()
    }
    take('(')
    if (text[at] === '~') {
      const list: unknown[] = []
      while (text[at] === '~') list.push(value())
      take(')')
      return list
    }
    const object: Record<string, unknown> = {}
    while (text[at] !== ')') {
      const key = word()
      object[key] = value()
      if (text[at] === '~') at += 1
    }
    at += 1
    return object
  }
  return value()
}

describe('logsInsightsUrl', () => {
  const window = { start: T - 300_000, end: T }

  test('is what the console itself writes', () => {
    const query = 'fields @timestamp, @message\n| filter actor = "x"'
    expect(logsInsightsUrl(FRANKFURT, { query, logGroupNames: [CLOUDTRAIL], window })).toBe(
      'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:logs-insights' +
        '$3FqueryDetail$3D$257E$2528end$257E$25272026-03-17T07*3a20*3a31.000Z' +
        '$257Estart$257E$25272026-03-17T07*3a15*3a31.000Z$257EtimeType$257E$2527ABSOLUTE$257Etz$257E$2527UTC' +
        '$257Eunit$257E$2527seconds$257EeditorString$257E$2527fields*20*40timestamp*2c*20*40message*0a*7c*20filter' +
        '*20actor*20*3d*20*22x*22$257Esource$257E$2528$257E$2527*2fbucketwatch*2fprod*2fcloudtrail$2529$2529',
    )
  })

  test('comes back as it was, whatever the query', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (query) => {
        const url = logsInsightsUrl(FRANKFURT, { query, logGroupNames: [CLOUDTRAIL, ACCESS_LOG], window })!
        // What ends a link in a mail.
        expect(url).not.toMatch(/[\s'"()<>]/)
        expect(decodeInsightsUrl(url)).toEqual({
          start: '2026-03-17T07:15:31.000Z',
          end: '2026-03-17T07:20:31.000Z',
          timeType: 'ABSOLUTE',
          tz: 'UTC',
          unit: 'seconds',
          editorString: query,
          source: [CLOUDTRAIL, ACCESS_LOG],
        })
      }),
    )
  })
})

describe('insightsFilter', () => {
  test.each([
    ['{ $.eventName = "PutBucketPolicy" }', 'eventName = "PutBucketPolicy"'],
    [
      '{ $.anonymous IS TRUE && ($.action = "object.read" || $.action = "bucket.list") }',
      'anonymous = 1 and (action = "object.read" or action = "bucket.list")',
    ],
    ['{ $.awsService IS FALSE && $.bytesOut > 0 }', 'awsService = 0 and bytesOut > 0'],
    ['{ $.errorCode NOT EXISTS }', 'not ispresent(errorCode)'],
    ['{ $.actor != "x" }', '(ispresent(actor) and actor != "x")'],
    ['{ $.errorCode = "*UnauthorizedOperation" }', 'errorCode like /UnauthorizedOperation$/'],
    ['{ $.errorCode = "AccessDenied*" }', 'errorCode like /^AccessDenied/'],
    ['{ $.eventName = "*Bucket.*" }', 'eventName like /Bucket\\./'],
    ['{ $.eventName != "*Bucket*" }', '(ispresent(eventName) and eventName not like /Bucket/)'],
    ['{ $.actor = "*" }', 'ispresent(actor)'],
    ['{ $.userAgent = %S3/Console% }', 'userAgent like /S3\\/Console/'],
    ['{ $.requestParameters.x-amz-acl = "public-read" }', '`requestParameters.x-amz-acl` = "public-read"'],
    ['{ $.resources[0].ARN = "a" }', 'resources.0.ARN = "a"'],
    ['{ $.a = "say \\"x\\"" }', 'a = "say \\"x\\""'],
    ['ERROR -DEBUG', '@message like "ERROR" and @message not like "DEBUG"'],
    ['?A ?B', '@message like "A" or @message like "B"'],
    // Wider than the pattern, where Insights has no words for a part of it.
    ['{ $.a[*] = "x" && $.b = "y" }', 'b = "y"'],
    ['{ $.a IS NULL || $.b = "y" }', undefined],
    ['[ip, ...]', undefined],
    ['', undefined],
    ['{ not a pattern', undefined],
  ])('%s', (pattern, expected) => {
    expect(insightsFilter(pattern)).toBe(expected)
  })
})

test('queries', () => {
  expect(recordsQuery(undefined)).not.toContain('filter')
  expect(recordsQuery(oneOf('actor', ['a"b', 'c']))).toContain('\n| filter actor in ["a\\"b", "c"]\n')
})

describe('actedBy', () => {
  const ROLE = 'arn:aws:sts::111122223333:assumed-role/app'
  const USER = 'arn:aws:iam::111122223333:user/legacy'
  const CANONICAL = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'

  test.each([
    ['a service', ['cloudtrail.amazonaws.com'], 'actor in ["cloudtrail.amazonaws.com"]'],
    ['a user, whom lean names by the ARN alone', [USER], `actor in ["${USER}"] or userIdentity.arn in ["${USER}"]`],
    ['a role, by the sessions of it', [ROLE], `actor in ["${ROLE}"] or userIdentity.arn like "${ROLE}/"`],
    [
      'a user whose name ends like one: no canonical id',
      [`${USER}-${CANONICAL}`],
      `actor in ["${USER}-${CANONICAL}"] or userIdentity.arn in ["${USER}-${CANONICAL}"]`,
    ],
    ['longer than a canonical id', [`0${CANONICAL}`], `actor in ["0${CANONICAL}"]`],
    ['a canonical id', [CANONICAL], `actor in ["${CANONICAL}"] or userIdentity.principalId in ["${CANONICAL}"]`],
    [
      'several',
      [ROLE, USER],
      `actor in ["${ROLE}", "${USER}"] or userIdentity.arn in ["${USER}"] or userIdentity.arn like "${ROLE}/"`,
    ],
  ])('%s', (_, actors, filter) => {
    expect(actedBy(actors)).toBe(filter)
  })
})

describe('athenaUrl', () => {
  test('leads to the editor of the Region and partition, and nowhere where the console is not known', () => {
    expect(athenaUrl({ partition: 'aws', region: 'eu-central-1' })).toBe(
      'https://eu-central-1.console.aws.amazon.com/athena/home?region=eu-central-1#/query-editor',
    )
    expect(athenaUrl({ partition: 'aws-cn', region: 'cn-north-1' })).toMatch(
      /^https:\/\/cn-north-1\.console\.amazonaws\.cn\//,
    )
    expect(athenaUrl({ partition: 'aws-iso', region: 'us-iso-east-1' })).toBeUndefined()
  })
})
