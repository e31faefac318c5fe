import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  camelName,
  eachKind,
  isLogKind,
  KINDS,
  kindByFolder,
  kindNames,
  LOG_KINDS,
  OBJECTS,
  reading,
} from '../../shared/kinds/kinds.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { READERS } from '../../shared/object/readers.ts'

const serverless = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' }) as {
  readonly params: { readonly default: Readonly<Record<string, unknown>> }
  readonly functions: readonly (
    | string
    | Readonly<Record<string, { readonly handler: string; readonly role: string }>>
  )[]
}
const functions = Object.assign({}, ...serverless.functions.filter((one) => typeof one !== 'string'))

/** What the compiler cannot see: the files and the YAML that a kind of logs needs. */
describe.each(LOG_KINDS)('%s', (kind) => {
  const { pascal, silenceHours } = KINDS[kind]

  it('has a function, in serverless.yml and in functions/', () => {
    expect(functions[kind]).toMatchObject({
      handler: `dist/functions/${kind}.handler`,
      role: `${pascal}Role`,
      environment: `\${file(infra/stack.cjs):environment.${kind}}`,
      dependsOn: [`${pascal}FunctionLogs`],
      events: [{ sqs: { arn: `${pascal}Queue.Arn` } }],
    })
    expect(readFileSync(`functions/${kind}.ts`, 'utf8')).toContain(`createAwsForwarder('${kind}')`)
  })

  it('has parameters, and is missed after as long as the table says', () => {
    const { default: params } = serverless.params
    for (const name of ['Buckets', 'TopicArns', 'KmsKeyArns'])
      expect(params).toHaveProperty(`${camelName(kind)}${name}`)
    expect(params[`${camelName(kind)}SilenceHours`]).toBe(silenceHours)
  })

  it('has sample notifications, detections and a word in the docs', () => {
    expect(readdirSync('events').filter((name) => name.includes(kind) && name.endsWith('.json'))).not.toEqual([])
    const rules = readdirSync('infra/detections', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yml') && !name.startsWith('sequences'))
      .map((name) => parse(readFileSync(`infra/detections/${name}`, 'utf8')) as { sources: string[] })
    expect(rules.filter(({ sources }) => sources.includes(kind)).length).toBeGreaterThan(0)
    for (const page of ['docs/feeding.md', 'docs/configuration.md', 'docs/record.md', 'docs/writing-detections.md']) {
      expect.soft(existsSync(page) && readFileSync(page, 'utf8').includes(kind), page).toBe(true)
    }
  })

  it('is read by one reader, and its objects are told by key or content', () => {
    expect(READERS).toHaveProperty(kind)
    const own = OBJECTS.filter((one) => one.kind === kind)
    expect(own.some(({ row }) => row.skip === undefined && (row.json ?? row.line) !== undefined)).toBe(true)
    for (const { object, row } of own) {
      expect.soft(row.file ?? row.text ?? row.line ?? row.json, object).toBeDefined()
      expect.soft(reading(object), object).toEqual({ kind, skip: row.skip })
    }
  })
})

it('no name is said twice', () => {
  const names = LOG_KINDS.flatMap((kind) => [KINDS[kind].pascal, KINDS[kind].source])
  expect(new Set(names).size).toBe(names.length)
  const objects = OBJECTS.map(({ object }) => object)
  expect(new Set(objects).size).toBe(objects.length)
  // Names become queues, functions and log groups, and one must not end another.
  for (const kind of LOG_KINDS) {
    expect(kind).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(LOG_KINDS.filter((other) => other.endsWith(`-${kind}`))).toEqual([])
  }
})

it('answers about names', () => {
  expect(eachKind((kind) => camelName(kind))).toEqual({ cloudtrail: 'cloudTrail', 'access-log': 'accessLog' })
  expect(kindNames()).toBe('cloudtrail or access-log')
  expect(kindNames(['a', 'b', 'c'])).toBe('a, b or c')
  expect(kindNames(['a'])).toBe('a')
  expect([isLogKind('access-log'), isLogKind('digest'), isLogKind(undefined)]).toEqual([true, false, false])
  expect([kindByFolder('org/AWSLogs/'), kindByFolder('logs/')]).toEqual(['cloudtrail', undefined])
})

it('a name that a user made up is not taken for a folder of AWS', () => {
  const partition = '111122223333/eu-central-1/amzn-s3-demo-source/2026/03/17/'
  expect(classifyKey(`${partition}2026-03-17-00-00-00-1721F8F1A30FC0BF`).bucket).toBe('amzn-s3-demo-source')
  expect(classifyKey(`${partition}x2026-03-17-00-00-00-1721F8F1A30FC0BF`).bucket).toBeUndefined()
  expect(classifyKey(`${partition}2026-03-18-00-00-00-1721F8F1A30FC0BF`).bucket).toBeUndefined()
})
