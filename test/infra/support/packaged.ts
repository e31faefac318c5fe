/**
 * Packages the stack with osls, offline and without credentials, in a folder of its own, so that a test neither needs
 * nor disturbs what is in dist/ and .serverless/.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'

export interface PackagedResource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are as many as AWS has resource types.
  readonly Properties: Record<string, any>
  readonly DependsOn?: string | string[]
  readonly DeletionPolicy?: string
}
export interface PackagedTemplate {
  readonly Resources: Record<string, PackagedResource>
  readonly Outputs?: Record<string, unknown>
}

export interface Packaged {
  readonly template: PackagedTemplate
  readonly templateFile: string
  /** The zip of a function, as it would be uploaded. */
  code(functionName: string): Buffer
  dispose(): void
}

export interface PackageOptions {
  readonly parameters?: Readonly<Record<string, string>>
  readonly stage?: string
  readonly config?: (typeof CONFIGS)[number]
  /** Puts the bundles into a folder; default: stand-ins, which a test of the template can do with. */
  readonly bundle?: (folder: string) => Promise<unknown>
}

const CONFIGS = ['serverless.yml', 'serverless.detections.yml'] as const

/** Packages the stack. Takes about two seconds, and the bundles. */
export async function packageStack(options: PackageOptions = {}): Promise<Packaged> {
  const { parameters = {}, stage = 'dev', config = 'serverless.yml', bundle = standIns } = options
  const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-package-'))
  const dispose = () => rmSync(folder, { recursive: true, force: true })
  try {
    for (const name of CONFIGS) copyFileSync(name, join(folder, name))
    for (const name of ['infra', 'shared', 'node_modules', 'package.json'])
      symlinkSync(resolve(name), join(folder, name))
    await bundle(join(folder, 'dist/functions'))
    const args = [
      resolve('node_modules/osls/bin/serverless.js'),
      ...['package', '--config', config, '--package', 'out', '--stage', stage],
      ...Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`),
    ]
    // Neither credentials nor a Region from the caller: packaging must need none, and its result must not depend on them.
    const env = { PATH: process.env.PATH, HOME: folder }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder, env })
    if (/warning/i.test(stdout + stderr)) throw new Error('osls has warnings', { cause: { stdout, stderr } })
    const templateFile = join(folder, 'out/cloudformation-template-update-stack.json')
    return {
      template: JSON.parse(readFileSync(templateFile, 'utf8')),
      templateFile,
      code: (functionName) => readFileSync(join(folder, 'out', `${functionName}.zip`)),
      dispose,
    }
  } catch (error) {
    dispose()
    const said = error as { stdout?: string; stderr?: string; cause?: { stdout?: string; stderr?: string } }
    const { stdout = '', stderr = '' } = said.cause ?? said
    throw new Error(`packaging failed: ${error}: ${stdout}${stderr}`, { cause: error })
  }
}

/** Only the template. */
export async function packageTemplate(options: PackageOptions = {}): Promise<PackagedTemplate> {
  const packaged = await packageStack(options)
  packaged.dispose()
  return packaged.template
}

async function standIns(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const name of ['cloudtrail', 'access-log', 'alert', 'replay-part']) {
    writeFileSync(join(folder, `${name}.js`), 'exports.handler = async () => ({})\n')
  }
}

/** What an alarm watches, whether it names the metric itself or in metric math. */
export function watchedBy(properties: PackagedResource['Properties']) {
  const [expression, math] = properties.Metrics ?? []
  const { Namespace, MetricName, Dimensions } = math?.MetricStat.Metric ?? properties
  const { Statistic, Period } = properties
  return {
    Namespace,
    MetricName,
    Dimensions,
    Statistic: math?.MetricStat.Stat ?? Statistic,
    Period: math?.MetricStat.Period ?? Period,
    Expression: expression?.Expression,
  }
}

/** The defaults of serverless.yml. */
export function defaultParameters(): Record<string, unknown> {
  const text = readFileSync('serverless.yml', 'utf8').replaceAll('!GetAtt', '')
  return (parse(text) as { params: { default: Record<string, unknown> } }).params.default
}
