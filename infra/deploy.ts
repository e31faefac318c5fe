/**
 * `npm run deploy -- --stage prod`: types, lint and bundles (`npm run check`), then the stack, then its sibling if
 * there is one. Arguments go to osls.
 */
import { spawnSync } from 'node:child_process'
import { hasSibling, osls, SIBLING_CONFIG } from './osls.ts'

const args = process.argv.slice(2)
const check = spawnSync('npm', ['run', '--silent', 'check'], { stdio: 'inherit' })
if (check.status !== 0) process.exit(check.status ?? 1)
osls('deploy', ...args)
if (hasSibling(args)) osls('deploy', '--config', SIBLING_CONFIG, ...args)
