import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-ci-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** `.ci/run` with an npm that says what it was asked for, counts tests as told, and fails where it is told to. */
function ci(npm: string): { code: number | null; lines: string[]; asked: string[] } {
  const asked = path.join(folder, 'asked')
  writeFileSync(asked, '')
  writeFileSync(path.join(folder, 'npm'), `#!/bin/sh\necho "npm $*" >> "${asked}"\n${npm}\n`)
  chmodSync(path.join(folder, 'npm'), 0o755)
  const PATH = [folder, process.env.PATH].join(path.delimiter)
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { encoding: 'utf8', env: { ...process.env, PATH } })
  return {
    code: status,
    lines: stdout.trimEnd().split('\n'),
    asked: readFileSync(asked, 'utf8').trimEnd().split('\n'),
  }
}

const COUNT = 'case "$*" in test|"run test:"*) echo "3 0" >> "$CI_TEST_COUNTS";; esac'

describe('.ci/run', () => {
  it('runs every step, and ends with the sum of what the runners counted', () => {
    const { code, lines, asked } = ci(COUNT)
    expect(asked).toEqual([
      'npm ci',
      'npm run check',
      'npm test',
      'npm run test:package',
      'npm run test:e2e',
      'npm run test:pages',
    ])
    expect(lines.at(-1)).toBe('12 passed, 0 failed')
    expect(code).toBe(0)
  })

  it('leaves no runner of tests out', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    // `test:busy` is `npm test` again.
    const runners = Object.keys(scripts).filter((name) => /^test(:|$)/.test(name) && name !== 'test:busy')
    const { asked } = ci(COUNT)
    expect(runners.filter((name) => !asked.some((command) => command.endsWith(name)))).toEqual([])
  })

  it('stops at the first error, and tells how many failed', () => {
    const { code, lines, asked } = ci('if [ "$*" = test ]; then echo "5 2" >> "$CI_TEST_COUNTS"; exit 1; fi')
    expect(asked.at(-1)).toBe('npm test')
    expect(lines.at(-1)).toBe('5 passed, 2 failed')
    expect(code).toBe(1)
  })

  it('counts a step that fails without tests', () => {
    const { code, lines, asked } = ci('[ "$*" = "ci" ] || exit 7')
    expect(asked).toEqual(['npm ci', 'npm run check'])
    expect(lines.at(-1)).toBe('0 passed, 1 failed')
    expect(code).toBe(7)
  })

  it('is not green when nothing was tested', () => {
    expect(ci('true')).toMatchObject({ code: 1, lines: ['0 passed, 0 failed'] })
  })
})
