/**
 * `npm run test:pages`: the pages that are made for a browser, in headless Chromium, and one plain last line
 * `N passed, N failed`. Arguments are passed on to vitest. Takes $CHROMIUM, else the Chromium or Chrome on PATH; where
 * there is none it installs Debian's (as root), or says what is missing.
 */
import { spawnSync } from 'node:child_process'
import { runVitest } from '../vitest.ts'
import { findChromium } from './chromium.ts'

/** Debian and its relatives, as root (a container); false anywhere else. */
function install(): boolean {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  console.log('installing chromium (apt-get)')
  const run = (...args: string[]): boolean =>
    spawnSync('apt-get', args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      .status === 0
  return run('update') && run('install', '--yes', '--no-install-recommends', 'chromium')
}

const chromium = findChromium() ?? (install() ? findChromium() : undefined)
if (chromium === undefined) {
  console.error('The page tests need Chromium: install chromium or google-chrome, or set CHROMIUM to its path.')
  console.log('0 passed, 1 failed')
  process.exitCode = 1
} else {
  process.env.CHROMIUM = chromium
  process.exitCode = runVitest(['--config', 'vitest.pages.config.ts', ...process.argv.slice(2)])
}
