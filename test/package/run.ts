/** `npm run test:package`: packs, installs and uses the package. Needs the npm registry (or npm's cache of it). */
import { runVitest } from '../vitest.ts'

process.exitCode = runVitest(['--config', 'vitest.package.config.ts', ...process.argv.slice(2)])
