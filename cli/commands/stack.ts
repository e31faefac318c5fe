import { existsSync } from 'node:fs'
import path from 'node:path'
import { deployerPolicy } from '../../infra/deployer-policy.ts'
import type { StackAction } from '../../infra/osls.ts'
import { checkParameterNames } from '../../infra/parameters.ts'
import { stageStack } from '../../infra/stage.ts'
import { BucketwatchError, errorMessage } from '../../shared/contracts/errors.ts'
import { PACKAGE_ROOT } from '../../shared/files/package-root.ts'
import { type Command, type Io, usage } from '../io.ts'
import { LOCAL_ROOT } from '../local-root.ts'
import { readProject, ruleFolders } from '../project.ts'
import { readArgs } from '../read-args.ts'
import { readStage } from '../stack-options.ts'
import { detections } from './detections.ts'

const OPTIONS = {
  stage: { type: 'string' },
  region: { type: 'string' },
  param: { type: 'string', multiple: true },
  rules: { type: 'string', multiple: true },
  settings: { type: 'string' },
  'aws-profile': { type: 'string' },
  force: { type: 'boolean' },
  verbose: { type: 'boolean' },
} as const

const USAGE = `
--stage STAGE         which stack: bucketwatch-STAGE (default dev)
--region REGION       where (default: as AWS's tools find it, else us-east-1)
--param "NAME=VALUE"  a parameter of the stack, before what bucketwatch.yml says; may be repeated. serverless.yml lists
                      them all
--settings FILE       your settings (default: as bucketwatch.yml says)
--rules DIR           own rules besides those of the package and of bucketwatch.yml; may be repeated
--aws-profile NAME    the profile of your AWS credentials
--force, --verbose    as osls (the Serverless Framework's fork that does the work) understands them
What follows -- goes to osls as it is.`

/** `package`: template and code for review, or for a pipeline of one's own. */
export const packageStack: Command = {
  summary: "make the stack's template and code, without network or credentials",
  usage: `usage: bucketwatch package [--stage STAGE] [--param "NAME=VALUE"]… [options] [-- …]

Checks parameters, settings and rules, and writes the CloudFormation template and the functions' code; says where.
${USAGE}
Exit 0: packaged. 1: the rules do not pass, or it failed. 2: wrong usage, parameters or settings.`,
  run: (args, io) => run('package', args, io),
}

/** `deploy`: lints and tests the rules, then creates or updates the stack. */
export const deploy: Command = {
  summary: 'check the rules, then create or update the stack in your account',
  usage: `usage: bucketwatch deploy [--stage STAGE] [--region REGION] [--param "NAME=VALUE"]… [options] [-- …]

Lints and tests the rules, packages the stack and deploys it with your AWS credentials.
${USAGE}
Exit 0: deployed. 1: the rules do not pass, or the deployment failed. 2: wrong usage, parameters or settings.`,
  async run(args, io) {
    const { rules } = parse(args).values
    const own = (rules ?? []).flatMap((folder) => ['--rules', folder])
    for (const check of ['lint', 'test']) {
      const code = await detections.run([check, ...own], io)
      if (code !== 0) return code
    }
    return run('deploy', args, io)
  },
}

/** `remove`: deletes the stack. */
export const remove: Command = {
  summary: 'delete the stack; log groups with evidence stay',
  usage: `usage: bucketwatch remove [--stage STAGE] [--region REGION] [options] [-- …]

Deletes the stack. Log groups with evidence stay, unless the parameter \`evidence\` said otherwise at the last deployment.
${USAGE}
Exit 0: removed. 1: it failed. 2: wrong usage, parameters or settings.`,
  run: (args, io) => run('remove', args, io),
}

const parse = (args: readonly string[]) =>
  readArgs({ args: [...args], allowPositionals: true, options: OPTIONS, tokens: true })

async function run(action: StackAction, args: readonly string[], io: Io): Promise<number> {
  const { values, positionals, tokens } = parse(args)
  const end = tokens.findIndex(({ kind }) => kind === 'option-terminator')
  const rest = end < 0 ? [] : positionals.slice(positionals.length - (tokens.length - end - 1))
  if (positionals.length > rest.length) throw usage(`${action} takes no ${JSON.stringify(positionals[0])}.`)
  readStage(values.stage)
  const given = values.param ?? []
  const noValue = given.find((parameter) => parameter.indexOf('=') < 1)
  if (noValue !== undefined) throw usage(`--param is NAME=VALUE, not ${JSON.stringify(noValue)}.`)
  checkParameterNames(given.map((parameter) => parameter.slice(0, parameter.indexOf('='))))
  const project = await readProject()
  const settings = values.settings ?? (given.some(isSettingsFile) ? undefined : project.settings)
  if (settings !== undefined && !existsSync(settings)) throw usage(`there is no settings file ${settings}.`)
  const passed = [
    ...(['stage', 'region', 'aws-profile'] as const).flatMap((name) =>
      values[name] === undefined ? [] : [`--${name}`, values[name]],
    ),
    ...given.map((parameter) => `--param=${parameter}`),
    ...(values.settings === undefined ? [] : [`--param=settingsFile=${values.settings}`]),
    ...(['force', 'verbose'] as const).filter((name) => values[name] === true).map((name) => `--${name}`),
    ...rest,
  ]
  const bundles = path.join(PACKAGE_ROOT, 'dist/functions')
  if (!existsSync(bundles))
    throw new BucketwatchError('CONFIG_INVALID', `${bundles} is missing: the functions are not built (npm run build).`)
  const here = process.cwd()
  const folders = ruleFolders(values, project).map((folder) => path.resolve(folder))
  // A checkout without a project is its own folder: osls finds everything in place.
  const plain = here === PACKAGE_ROOT && !project.exists && folders.length === 1
  const folder = plain
    ? here
    : stageStack({
        root: PACKAGE_ROOT,
        project: here,
        target: path.join(here, LOCAL_ROOT, 'stack'),
        rules: folders,
        parameters: withSettings(project.parameters, settings),
      })
  let code: number
  try {
    const { runStack } = await import('../../infra/osls.ts')
    code = await runStack(action, folder, passed, values['aws-profile'])
  } catch (error) {
    io.err(`bucketwatch ${action}: ${errorMessage(error)}`)
    return 1
  }
  if (code === 0 && action === 'package') {
    const made = path.join(path.relative(here, folder), '.serverless')
    await io.out(`Packaged: ${made}/cloudformation-template-update-stack.json, and the code beside it.`)
  }
  return code
}

/** The project's settings file is a default, which a stage's own parameters replace. */
function withSettings(parameters: Awaited<ReturnType<typeof readProject>>['parameters'], settings: string | undefined) {
  if (settings === undefined) return parameters
  return { ...parameters, default: { settingsFile: settings, ...parameters.default } }
}

const isSettingsFile = (parameter: string): boolean => parameter.startsWith('settingsFile=')

/** `deployer-policy`: what whoever deploys must be allowed to do. */
export const policy: Command = {
  summary: 'print the IAM policy that deploying a stage needs',
  usage: `usage: bucketwatch deployer-policy [--stage STAGE]

Prints the IAM policy, as JSON, that whoever deploys, updates and removes the stage (default dev) needs.
Exit 0: printed. 2: wrong usage.`,
  async run(args, io) {
    const { values } = readArgs({ args: [...args], options: { stage: { type: 'string' } } })
    for (const line of JSON.stringify(deployerPolicy(readStage(values.stage)), null, 2).split('\n')) await io.out(line)
    return 0
  },
}
