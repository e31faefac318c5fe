import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'

const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-pack-'))
const folder = path.join(root, 'empty')
let tarball = ''

beforeAll(async () => {
  const packed = await run('npm', ['pack', '--json', '--pack-destination', root], process.cwd())
  expect(packed.err, 'npm pack').not.toMatch(/npm error/i)
  tarball = path.join(root, readdirSync(root).find((name) => name.endsWith('.tgz'))!)
  mkdirSync(folder)
  const installed = await run('npm', ['install', '--prefer-offline', tarball], folder)
  expect(installed.code, installed.err).toBe(0)
}, 300_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A program as a shell in `cwd` would run it; nothing of this checkout is on its path but the Node that runs the test. */
function run(file: string, args: readonly string[], cwd: string): Promise<Ran> {
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
    NO_COLOR: '1',
  }
  return new Promise((resolve) => {
    execFile(file, [...args], { cwd, env, maxBuffer: 64e6 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err }),
    )
  })
}

const bucketwatch = (args: readonly string[], cwd = folder): Promise<Ran> =>
  run(path.join(folder, 'node_modules/.bin/bucketwatch'), args, cwd)

describe('the package', () => {
  it('is small, and holds no tests and no TypeScript but declarations', () => {
    expect(statSync(tarball).size).toBeLessThan(3e6)
    const files = readdirSync(path.join(folder, 'node_modules/bucketwatch'), { recursive: true }) as string[]
    expect(files.filter((file) => /(^|[\\/])test[\\/]|\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual([])
  })

  it('tells its version and its usage', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(await bucketwatch(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect((await bucketwatch(['-h'])).out).toContain('usage: bucketwatch')
    const typo = await bucketwatch(['strat'])
    expect(typo).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "start"?') })
  })

  it('says so on a Node that is too old, whatever that could parse', () => {
    const launcher = readFileSync(path.join(folder, 'node_modules/bucketwatch/dist/package/bucketwatch.cjs'), 'utf8')
    const said: string[] = []
    const fake = { versions: { node: '20.19.0' }, exitCode: 0 }
    const load = () => expect.unreachable()
    new Function('process', 'console', 'require', launcher.replace(/^#!.*/, ''))(
      fake,
      { error: (line: string) => said.push(line) },
      load,
    )
    expect(said).toEqual(['bucketwatch needs Node.js 22.13 or later; this is Node.js 20.19.0.'])
    expect(fake.exitCode).toBe(2)
    // ES5: no arrow, no const, no template, no import.
    expect(launcher).not.toMatch(/=>|\bconst\b|\blet\b|`.*\$\{|\bimport\b/)
  })

  it('starts on a folder of logs, with all of its rules, and works in the current folder', async () => {
    const logs = path.join(root, 'logs')
    mkdirSync(logs)
    writeFileSync(
      path.join(logs, 'access.log'),
      [...generateAccessLogLines({ lines: 30, seed: 2, oddShare: 0 })].join('\n'),
    )
    const open = { ...[...generateCloudTrail({ records: 1, seed: 1 })][0] }
    const records = [...generateCloudTrail({ records: 30, seed: 2 }), openPolicy(open)]
    writeFileSync(path.join(logs, 'trail.json'), JSON.stringify({ Records: records }))
    const { code, out, err } = await bucketwatch(['start', logs])
    expect(code, out + err).toBe(0)
    expect(out).toContain('Bucket policy grants Principal *')
    expect(existsSync(path.join(folder, '.bucketwatch/log-groups'))).toBe(true)
  })

  it('tests its rules', async () => {
    const { code, err } = await bucketwatch(['detections', 'test'])
    expect(code).toBe(0)
    expect(Number(/^(\d+) rules/.exec(err)?.[1])).toBeGreaterThan(90)
  })

  it('reads the YAML of a rule that somebody changed, and of no other: the rest is prepared', async () => {
    const libraries = ['yaml', 'zod'].map((name) => path.join(folder, 'node_modules', name))
    const rule = path.join(folder, 'node_modules/bucketwatch/infra/detections/s3-control/s3-policy-deleted.yml')
    const text = readFileSync(rule, 'utf8')
    const list = () => bucketwatch(['detections', 'list', 's3-policy-deleted'])
    const replayed = () => bucketwatch(['replay', path.join(root, 'logs'), '--json'])
    for (const one of libraries) renameSync(one, `${one}-away`)
    const without = await replayed()
    for (const one of libraries) renameSync(`${one}-away`, one)
    expect(without.err).toBe('')
    expect(without).toEqual(await replayed())
    const before = await list()
    writeFileSync(rule, text.replace(/^severity: .*/m, 'severity: info'))
    const changed = await list()
    writeFileSync(rule, text.replace(/^severity: .*/m, 'severity: hgih'))
    const wrong = await list()
    writeFileSync(rule, text)
    expect(before.out).not.toContain(' info ')
    expect(changed.out).toContain(' info ')
    expect(wrong.code).not.toBe(0)
    expect(wrong.err).toMatch(/s3-policy-deleted\.yml:\d+:11 severity: expected one of info, low/)
    expect(await list()).toEqual(before)
  })

  it('makes a project whose stack is packaged with its rules and settings', async () => {
    const made = await bucketwatch(['init'])
    expect(made.code, made.err).toBe(0)
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    expect(Object.keys(dependencies)).toEqual(['bucketwatch'])
    expect((await bucketwatch(['detections', 'list', 'report-bucket-read'])).out).toMatch(/ on /)
    expect((await bucketwatch(['detections', 'test', 'report-bucket-read'])).code).toBe(0)
    const packaged = await bucketwatch([
      'package',
      '--stage',
      'prod',
      '--param',
      'cloudTrailBuckets=amzn-s3-demo-trail',
    ])
    expect(packaged.code, packaged.out + packaged.err).toBe(0)
    const stack = path.join(folder, '.bucketwatch/stack')
    const template = readFileSync(path.join(stack, '.serverless/cloudformation-template-update-stack.json'), 'utf8')
    const { Resources } = JSON.parse(template) as { Resources: Record<string, { Properties: Record<string, unknown> }> }
    expect(Resources.AlarmReportBucketRead?.Properties.AlarmName).toBe('bucketwatch-prod-report-bucket-read')
    expect(Resources.AlarmS3PolicyPublic).toBeDefined()
    expect(template).toContain(':s3:::amzn-s3-demo-trail')
    expect(existsSync(path.join(stack, 'dist/functions/settings.json'))).toBe(true)
  })

  it('takes parameters of a stage from the project, and refuses one that does not exist', async () => {
    const file = path.join(folder, 'bucketwatch.yml')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('prod: {}', 'prod: { cloudTrailBucket: amzn-s3-demo-trail }'))
    const wrong = await bucketwatch(['package', '--stage', 'prod'])
    writeFileSync(file, text)
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "cloudTrailBuckets"?') })
    const flag = await bucketwatch(['package', '--param', 'alertEmail=a@example.com'])
    expect(flag).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "alertEmails"?') })
  })

  it('stays as it is with npm update, where nothing newer is there', async () => {
    const lock = () => readFileSync(path.join(folder, 'package-lock.json'), 'utf8')
    const before = JSON.parse(lock())
    const updated = await run('npm', ['update', 'bucketwatch', '--prefer-offline'], folder)
    expect(updated.code, updated.err).toBe(0)
    expect(JSON.parse(lock()).packages['node_modules/bucketwatch']).toEqual(before.packages['node_modules/bucketwatch'])
  })

  it('is a library of filter patterns, with types', async () => {
    writeFileSync(
      path.join(folder, 'use.mts'),
      `import { compileFilterPattern, parseFilterPattern } from 'bucketwatch/filter-pattern'
const parsed = parseFilterPattern('{ $.a = 1 }')
const matched: boolean = parsed.ok && compileFilterPattern(parsed.pattern).match('{"a":1}')
console.log(matched)\n`,
    )
    expect(await run(process.execPath, ['use.mts'], folder)).toMatchObject({ code: 0, out: 'true\n' })
    const tsc = path.resolve('node_modules/typescript/bin/tsc')
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', '', 'use.mts']
    const checked = await run(process.execPath, [tsc, ...options, '--ignoreConfig'], folder)
    expect(checked.code, checked.out + checked.err).toBe(0)
  })
})

/** A record of the generator, made into the opening of a bucket. */
function openPolicy(record: Record<string, unknown>): Record<string, unknown> {
  return {
    ...record,
    eventID: '00000000-0000-4000-8000-000000000001',
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketPolicy',
    eventCategory: 'Management',
    managementEvent: true,
    readOnly: false,
    errorCode: undefined,
    errorMessage: undefined,
    requestParameters: {
      bucketName: 'amzn-s3-demo-bucket',
      bucketPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::amzn-s3-demo-bucket/*' },
        ],
      },
    },
    responseElements: null,
  }
}
