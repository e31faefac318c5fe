/**
 * The documentation walked: each command of each page is run here, or says that it needs AWS, or is run by a test or a
 * step of CI that covered.ts names.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARAMETER_NAMES } from '../../infra/parameters.ts'
import { cli } from '../support/cli.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'
import { screenIn } from '../support/readme.ts'
import { callsOf, commandsOf, hiddenCommands } from './commands.ts'
import { COVERED, IN_PART, type Proof } from './covered.ts'

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'events/README.md',
  ...globSync('{docs,templates}/**/*.md').sort(),
]
const textOf = new Map(PAGES.map((page) => [page, readFileSync(page, 'utf8')]))
/** What the workflows run that people copy. */
const WORKFLOWS = globSync('docs/examples/*.yml').sort()
const commands = [
  ...PAGES.flatMap((page) => commandsOf(page, textOf.get(page)!)),
  ...WORKFLOWS.flatMap((file) => commandsOf(file, asBlock(readFileSync(file, 'utf8')))),
]
/** `a && b` is two commands, where one of them is somebody else's to run. */
const parts = commands.flatMap((command) =>
  (command.needsAws ? [command.text] : command.text.split(' && ')).map((text) => ({ ...command, text })),
)
const local = parts.filter(({ needsAws }) => !needsAws)
const toRun = local.filter(({ text }) => !Object.hasOwn(COVERED, text))

const root = mkdtempSync(path.join(tmpdir(), 'bucketwatch-docs-'))
const clone = path.join(root, 'clone')
const elsewhere = path.join(root, 'elsewhere')
afterAll(() => rmSync(root, { recursive: true }))

beforeAll(async () => {
  mkdirSync(clone)
  for (const name of readdirSync('.')) {
    if (!name.startsWith('.') && name !== 'dist') symlinkSync(path.resolve(name), path.join(clone, name))
  }
  const bin = path.join(elsewhere, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  expect((await cli(['init', elsewhere])).code).toBe(0)
  const command = path.join(bin, 'bucketwatch')
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${path.resolve('cli/bin.ts')}" "$@"\n`)
  chmodSync(command, 0o755)
  for (const folder of [clone, elsewhere]) fill(folder)
})

/** The single-line steps of a workflow, as a block of commands. */
function asBlock(workflow: string): string {
  const steps = [...workflow.matchAll(/^ *- run: ([^|>].*)$/gm)].map(([, command]) => command)
  return ['```sh', ...steps, '```', ''].join('\n')
}

/** What the pages call FILE, DIR and so on, under these very names. */
function fill(folder: string): void {
  const at = (name: string) => path.join(folder, name)
  const records = [...generateCloudTrail({ records: 40, seed: 1 })]
  const lines = [...generateAccessLogLines({ lines: 40, seed: 1, oddShare: 0 })].join('\n')
  for (const name of ['FILE', 'FILE…', 'my-trail-file.json.gz'])
    writeFileSync(at(name), JSON.stringify({ Records: records }))
  mkdirSync(at('DIR…'))
  writeFileSync(path.join(at('DIR…'), 'access.log'), lines)
  cpSync('templates/project/rules', at('DIR'), { recursive: true })
  copyFileSync('events/settings.json', at('my.yml'))
  const event = JSON.parse(readFileSync('events/alert/sns-alarm.json', 'utf8')) as {
    Records: { Sns: { Message: string } }[]
  }
  writeFileSync(at('ALARM.json'), event.Records[0]!.Sns.Message)
  const filters = [{ filterName: 'deletions', filterPattern: '{ $.eventName = "Delete*" }' }]
  writeFileSync(at('filters.json'), JSON.stringify({ metricFilters: filters }))
  const queries = [{ name: 'names', queryString: 'stats count(*) by eventName' }]
  writeFileSync(at('queries.json'), JSON.stringify({ queryDefinitions: queries }))
  writeFileSync(
    at('alarms.tf'),
    'resource "aws_cloudwatch_log_metric_filter" "deletions" {\n  pattern = "{ $.eventName = \\"Delete*\\" }"\n}\n',
  )
}

/** A command as a shell of a newcomer would run it: without credentials, without a home of ours. */
function shell(text: string): Promise<{ code: number | null; out: string; err: string }> {
  const inClone = /^npm /.test(text)
  const { AWS_PROFILE: _profile, NODE_OPTIONS: _options, ...rest } = process.env
  const env = {
    ...rest,
    HOME: root,
    NO_COLOR: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    npm_config_update_notifier: 'false',
    npm_config_offline: 'true',
    npm_config_yes: 'false',
    PATH: [path.dirname(process.execPath), path.join(elsewhere, 'node_modules/.bin'), process.env.PATH].join(
      path.delimiter,
    ),
  }
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', text], {
      cwd: inClone ? clone : elsewhere,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

describe('the commands of the documentation', () => {
  it('are there', () => {
    expect(commands.length).toBeGreaterThan(40)
    expect(toRun.length).toBeGreaterThan(15)
    expect(commands.some(({ needsAws }) => needsAws)).toBe(true)
  })

  const run = [...new Set(toRun.map(({ text }) => text))]
  it.each(run)('%s', { timeout: 0 }, async (text) => {
    const { code, out, err } = await shell(IN_PART[text] ?? text)
    expect(code, out + err).toBe(0)
    expect(out + err).not.toBe('')
    if (text === 'npm start') expect(out.trimEnd().endsWith(screenIn(textOf.get('README.md')!))).toBe(true)
  })

  it.each(PAGES)('%s has them in blocks marked sh', (page) => {
    expect(hiddenCommands(page, textOf.get(page)!)).toEqual([])
  })

  it('are not said to be covered, or run in part, where no page has them', () => {
    const known = new Set(local.map(({ text }) => text))
    expect([...Object.keys(COVERED), ...Object.keys(IN_PART)].filter((text) => !known.has(text))).toEqual([])
  })

  it.each(Object.entries(COVERED))('%s is covered by what is there', (_text, proofs) => {
    expect(proofs.length).toBeGreaterThan(0)
    expect(proofs.filter((proof) => !isThere(proof))).toEqual([])
  })

  it('need AWS only where they say what of AWS they call', () => {
    const calls = /\b(bucketwatch|npm run cli --|npm run deploy --|aws) /
    expect(commands.filter(({ needsAws, text }) => needsAws && !calls.test(text))).toEqual([])
  })
})

function isThere(proof: Proof): boolean {
  if ('step' in proof)
    return readFileSync('.ci/run', 'utf8')
      .split('\n')
      .some((line) => line.endsWith(proof.step))
  const titles = readFileSync(proof.file, 'utf8').matchAll(/\b(?:it|test)\(\s*['"](.*)['"]/g)
  return [...titles].some(([, title]) => title!.startsWith(proof.title))
}

describe.each(PAGES)('%s', (page) => {
  it('calls commands that exist, with options that they know', async () => {
    const wrong: string[] = []
    for (const { at, command, rest } of callsOf(page, textOf.get(page)!)) {
      const { code, out } = await cli(['help', command])
      if (code !== 0) wrong.push(`${at} ${command}: no such command`)
      const usage = out.join('\n')
      // Of two commands in one line the second is looked at by itself.
      const options = rest.match(/(?<=\s|\[)--[a-z][a-z-]*/g) ?? []
      for (const option of options) if (!usage.includes(option)) wrong.push(`${at} ${command}: no option ${option}`)
    }
    expect(wrong).toEqual([])
  })

  it('names parameters of the stack that exist', () => {
    const known = new Set<string>(PARAMETER_NAMES)
    const named = [...textOf.get(page)!.matchAll(/--param[= ]"?(\w+)=/g)].map(([, name]) => name!)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })
})
