/**
 * `npm run test:e2e`: installs what the end-to-end tests need beyond npm's packages (the emulator and cfn-lint, into
 * .venv, once), runs them, and prints one plain line `N passed, N failed`. Arguments are passed on to vitest.
 * Needs python3 with venv on PATH; no Docker, no AWS account.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runVitest } from '../vitest.ts'

const VENV = '.venv'
/** Pinned: another version of the emulator is another set of gaps, and of stand-ins for them. */
const REQUIREMENTS = ['ministack==1.5.33', 'cfn-lint==1.58.*']
const INSTALLED = join(VENV, 'bucketwatch-requirements.txt')

function install(): void {
  const wanted = `${REQUIREMENTS.join('\n')}\n`
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wanted) return
  console.log(`installing ${REQUIREMENTS.join(', ')} into ${VENV}`)
  run('python3', ['-m', 'venv', VENV])
  run(join(VENV, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS])
  writeFileSync(INSTALLED, wanted)
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status === 0) return
  console.error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

install()
process.exitCode = runVitest(['--config', 'vitest.e2e.config.ts', ...process.argv.slice(2)])
