import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccessLogFields } from '../../shared/access-log/fields.ts'
import { parseAccessLogLine } from '../../shared/access-log/parse.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'
import { parseByPattern } from './by-pattern.ts'
import {
  type FieldCount,
  fieldCounts,
  hostileTexts,
  plainClients,
  TRUSTED,
  type Truth,
  truths,
  writeLine,
} from './true-line.ts'

/** What a line of so many fields says of a field. */
function told(truth: Truth, field: (typeof TRUSTED)[number], fields: FieldCount): string | number | undefined {
  const place = TRUSTED.indexOf(field) - TRUSTED.indexOf('versionId')
  return place >= 0 && 18 + place > fields ? undefined : truth[field]
}

/** What would follow a request-URI that ended here. */
const FORGED_ENDS = [
  '" 200 - 1 2 3 4 "-" "x',
  '" 200 - 1 2 3 4 - "x',
  '" 200 - 1 2 3 4 - - - - - - - - - - - -',
  '" - - - - - - - - - H= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader h TLSv1.3 - - us-east-1 "',
  '" 403 AccessDenied - - - - "-" "x" - H= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader h TLSv1.3 - - us-east-1 "',
  '" 403 AccessDenied - - - - "',
]

const absent = (text: string) => (text === '-' || text === '' ? undefined : text)

describe('parseAccessLogLine', () => {
  it.each(ACCESS_LOG_CASES)('$name', ({ line, parse, fields }) => {
    const read = parseAccessLogLine(line)
    const checked = Object.fromEntries(
      Object.keys(fields).map((name) => [name, read[name as keyof AccessLogFields] ?? null]),
    )
    expect({ parse: read.parse, ...checked }).toEqual({ parse, ...fields })
    if (read.parse === 'exact') expect(read).not.toHaveProperty('reason')
    else expect(read.reason).toMatch(/^[A-Z].*\.$/)
  })

  it('gives the same however often and after whatever a line is read', () => {
    const lines = ACCESS_LOG_CASES.map(({ line }) => line)
    // What only helps to remember may come and go.
    const read = (line: string) => ({ ...parseAccessLogLine(line), connection: undefined })
    const first = lines.map(read)
    expect([...lines].reverse().map(read).reverse()).toEqual(first)
    expect(lines.flatMap((line) => [read(line), read(line)])).toEqual(first.flatMap((fields) => [fields, fields]))
  })

  it('reads every field of plain lines, of whatever year, exactly', () => {
    fc.assert(
      fc.property(truths, plainClients, fieldCounts, (truth, client, count) => {
        const read = parseAccessLogLine(writeLine(truth, client, count))
        const trusted = Object.fromEntries(TRUSTED.map((field) => [field, told(truth, field, count)]))
        expect(read).toMatchObject({
          ...trusted,
          parse: 'exact',
          requestUri: client.requestUri,
          referer: absent(client.referer),
          userAgent: absent(client.userAgent),
          fieldCount: count,
          extra: count === 28 ? ['a-field-of-tomorrow'] : [],
        })
      }),
    )
  })

  it('agrees with a simple pattern on plain lines', () => {
    fc.assert(
      fc.property(truths, plainClients, fieldCounts, (truth, client, count) => {
        const line = writeLine(truth, client, count)
        expect(parseAccessLogLine(line)).toMatchObject(parseByPattern(line))
      }),
    )
  })

  it('lets no client write or hide a field that is S3 own, by whatever referer, user agent and target it sends', () => {
    // The one thing that S3 does not serve: a request line with further spaces.
    const target = hostileTexts.map((text) => text.replaceAll(/[\s\p{Z}]/gu, ''))
    // The server takes the spaces around a header's value away.
    const header = hostileTexts.map((text) => text.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    const hostile = fc.record({
      requestUri: target.map((text) => `GET /${text} HTTP/1.1`),
      referer: header,
      userAgent: header,
    })
    fc.assert(
      fc.property(truths, hostile, fieldCounts, (truth, client, count) => {
        const read = parseAccessLogLine(writeLine(truth, client, count))
        expect(read.requestUri).toBe(client.requestUri)
        expect(Object.fromEntries(TRUSTED.map((field) => [field, read[field]]))).toEqual(
          Object.fromEntries(TRUSTED.map((field) => [field, told(truth, field, count)])),
        )
        // Exact means exact, for what the client wrote too.
        if (read.parse !== 'exact') return
        expect(read).toMatchObject({ referer: absent(client.referer), userAgent: absent(client.userAgent) })
      }),
      { numRuns: 300 },
    )
  })

  it('is not exact where a request line may end at the last quote', () => {
    const line = writeLine(fc.sample(truths, { numRuns: 1, seed: 1 })[0]!, {
      requestUri: 'GET /a HTTP/1.1',
      referer: '-',
      userAgent: 'x HTTP/1.1',
    })
    const end = line.lastIndexOf('"') + 1
    expect(parseAccessLogLine(`${line.slice(0, end)}${' -'.repeat(10)}`)).toMatchObject({
      parse: 'recovered',
      reason: expect.stringMatching(/several possible ends/),
    })
    expect(parseAccessLogLine(`${line.slice(0, end).replace('x HTTP/1.1', 'x')}${' -'.repeat(10)}`).parse).toBe('exact')
  })

  it('is exact only where it is right, whatever raw spaces and quotes a target holds', () => {
    const forged = fc.oneof(
      hostileTexts,
      fc
        .tuple(hostileTexts, fc.constantFrom(...FORGED_ENDS), hostileTexts)
        .map(([before, end, after]) => `/a${before} HTTP/1.1${end}${after}`),
    )
    const header = hostileTexts.map((text) => text.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    const hostile = fc.record({
      requestUri: forged.map((text) => `GET ${text} HTTP/1.1`),
      referer: header,
      userAgent: header,
    })
    let exact = 0
    let recovered = 0
    fc.assert(
      fc.property(truths, hostile, fieldCounts, (truth, client, count) => {
        const read = parseAccessLogLine(writeLine(truth, client, count))
        if (read.parse !== 'exact') {
          recovered++
          return
        }
        exact++
        expect({ requestUri: read.requestUri, referer: read.referer, userAgent: read.userAgent }).toEqual({
          requestUri: client.requestUri,
          referer: absent(client.referer),
          userAgent: absent(client.userAgent),
        })
        expect(Object.fromEntries(TRUSTED.map((field) => [field, read[field]]))).toEqual(
          Object.fromEntries(TRUSTED.map((field) => [field, told(truth, field, count)])),
        )
      }),
      { numRuns: 3000, seed: 12 },
    )
    // Both happen often enough to mean something.
    expect(Math.min(exact, recovered)).toBeGreaterThan(200)
  })

  it('is not misled about who did what: the fields before the request-URI are always there', () => {
    fc.assert(
      fc.property(truths, hostileTexts, (truth, text) => {
        const read = parseAccessLogLine(writeLine(truth, { requestUri: text, referer: text, userAgent: text }))
        for (const field of TRUSTED.slice(0, TRUSTED.indexOf('httpStatus'))) expect(read[field]).toBe(truth[field])
      }),
    )
  })

  it('of a cut line gives what is certain', () => {
    fc.assert(
      fc.property(
        truths,
        plainClients,
        fieldCounts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (truth, client, count, part) => {
          const whole = writeLine(truth, client, count)
          const line = whole.slice(0, Math.floor(whole.length * part))
          const read = parseAccessLogLine(line)
          if (read.parse === 'exact') return
          for (const field of TRUSTED) {
            if (read[field] !== undefined) expect({ [field]: read[field] }).toEqual({ [field]: truth[field] })
          }
          if (read.parse === 'recovered') expect(read.partial).toBe(true)
        },
      ),
    )
  })

  it('never throws, and says raw or recovered of what it cannot read', () => {
    const damaged = fc
      .tuple(
        truths,
        fc.record({ requestUri: hostileTexts, referer: hostileTexts, userAgent: hostileTexts }),
        fc.array(
          fc.tuple(
            fc.nat(1500),
            fc.constantFrom('delete', 'insert', 'flip'),
            fc.string({ minLength: 1, maxLength: 3 }),
          ),
          {
            maxLength: 6,
          },
        ),
      )
      .map(([truth, client, changes]) =>
        changes.reduce(
          (line, [at, change, text]) => {
            const place = at % (line.length + 1)
            return (
              line.slice(0, place) +
              (change === 'delete' ? '' : text) +
              line.slice(change === 'insert' ? place : place + text.length)
            )
          },
          writeLine(truth, client),
        ),
      )
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string(), fc.string({ unit: 'binary' }), fc.json()), (line) => {
        const read = parseAccessLogLine(line)
        expect(['exact', 'recovered', 'raw']).toContain(read.parse)
        if (read.parse !== 'exact') expect(read.reason).toBeTruthy()
      }),
    )
  })

  it('takes a line of a hundred kilobytes', () => {
    const line = ACCESS_LOG_CASES[0]!.line
    const long = line.replace('versioning HTTP', `versioning&x=${'"a" '.repeat(25_000)} HTTP`)
    expect(parseAccessLogLine(long)).toMatchObject({ parse: 'exact', httpStatus: 200, sourceRegion: 'us-west-1' })
  })
})
