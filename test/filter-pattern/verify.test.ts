import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CloudWatchLogsClient, TestMetricFilterCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { createTestMetricFilter } from '../../shared/aws/test-metric-filter.ts'
import { answerOf, parseVerificationCase, planCalls, verifyCases } from '../../shared/filter-pattern/verify.ts'
import { JSON_CASES, REGEX_CASES, SPACE_CASES, TERM_CASES } from '../cases/filter-patterns.ts'
import { MORE_JSON_CASES, MORE_REGEX_CASES, MORE_SPACE_CASES, MORE_TERM_CASES } from '../cases/filter-patterns-more.ts'

const FILE = new URL('../../docs/filter-pattern-cases.jsonl', import.meta.url)
const CASES = [
  ...[TERM_CASES, MORE_TERM_CASES, REGEX_CASES, MORE_REGEX_CASES],
  ...[JSON_CASES, MORE_JSON_CASES, SPACE_CASES, MORE_SPACE_CASES],
].flat()

test('docs/filter-pattern-cases.jsonl holds our test cases (UPDATE=1 writes it)', () => {
  const text = CASES.map(
    ({ pattern, message, match, source }) => `${JSON.stringify({ pattern, message, match, source })}\n`,
  ).join('')
  if (process.env.UPDATE === '1') writeFileSync(FILE, text)
  expect(existsSync(FILE) && readFileSync(FILE, 'utf8')).toBe(text)
  const read = text.trimEnd().split('\n').map(parseVerificationCase)
  expect(read.every((each) => each !== undefined && answerOf(each) === each.match)).toBe(true)
})

test('the calls hold every case once, at most 50 messages each and none empty', () => {
  const calls = planCalls(CASES)
  for (const { messages } of calls) {
    expect(messages.length).toBeGreaterThan(0)
    expect(messages.length).toBeLessThanOrEqual(50)
    expect(messages).not.toContain('')
  }
  const asked = new Set(
    calls.flatMap(({ pattern, messages }) => messages.map((message) => JSON.stringify([pattern, message]))),
  )
  const wanted = CASES.filter(({ message }) => message !== '').map(({ pattern, message }) =>
    JSON.stringify([pattern, message]),
  )
  expect(wanted.filter((each) => !asked.has(each))).toEqual([])
  expect(asked.size).toBe(calls.reduce((sum, { messages }) => sum + messages.length, 0))
})

test('an AWS that says what we say agrees; pauses lie between the calls', async () => {
  const aws = mockClient(CloudWatchLogsClient)
  aws.on(TestMetricFilterCommand).callsFake(({ filterPattern, logEventMessages }) => {
    const answers = (logEventMessages as string[]).map((message) =>
      answerOf({ pattern: filterPattern, message, match: true }),
    )
    if (answers[0] === 'invalid')
      throw Object.assign(new Error('Invalid character(s) in term'), { name: 'InvalidParameterException' })
    return { matches: answers.flatMap((match, index) => (match === true ? [{ eventNumber: index + 1 }] : [])) }
  })
  let pauses = 0
  const results = await verifyCases(CASES, {
    test: createTestMetricFilter({ client: new CloudWatchLogsClient({ region: 'eu-west-1' }) }),
    pause: async () => {
      pauses += 1
    },
  })
  expect(results.filter(({ verdict }) => verdict !== 'agree' && verdict !== 'unasked')).toEqual([])
  expect(pauses).toBe(aws.calls().length - 1)
  aws.restore()
})

test('where AWS chooses otherwise in what is not certain, the option is named', async () => {
  const cases = [
    { pattern: '{ $.a = "x" }', message: 'INFO {"a":"x"}', match: false },
    { pattern: '{ $.a = "x*y" }', message: '{"a":"xzy"}', match: true },
    { pattern: 'ERROR', message: 'fine', match: false },
  ] as const
  const [text, star, plain] = await verifyCases(cases, {
    test: async (pattern) => ({ status: 'tested', matched: new Set(pattern.includes('*') ? [] : [1]) }),
    pause: async () => {},
  })
  expect(text).toMatchObject({ verdict: 'engine', ours: false, aws: true, agreesWith: { strictJson: false } })
  expect(star).toMatchObject({ verdict: 'engine', agreesWith: { midStringWildcard: 'literal' } })
  expect(plain).toMatchObject({ verdict: 'engine' })
  expect(plain).not.toHaveProperty('agreesWith')
})

test('any other error of AWS is no answer', async () => {
  const aws = mockClient(CloudWatchLogsClient)
  aws.on(TestMetricFilterCommand).rejects(Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' }))
  const ask = createTestMetricFilter({ client: new CloudWatchLogsClient({ region: 'eu-west-1' }) })
  await expect(ask('ERROR', ['x'])).rejects.toThrow(/TestMetricFilter: AccessDeniedException: not allowed/)
  aws.restore()
})
