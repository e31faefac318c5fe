/** Files that are made of others, and lie in the repository. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes a file, and says how large it is; with `--check` it is only compared, and what is stale ends the process with 1.
 *
 * @param command what writes it, for whoever has to.
 * @example
 * madeFile(PLAYGROUND_PAGE, await buildPlayground(), 'npm run playground')
 */
export function madeFile(file: string, text: string, command: string): void {
  const name = path.relative(ROOT, file)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
    console.log(`${name} ${(text.length / 1024).toFixed(0)} KB`)
    return
  }
  if (readFileSync(file, 'utf8') === text) return
  console.error(`${name} is stale: ${command}`)
  process.exitCode = 1
}
