#!/usr/bin/env node
/** The command itself: `npm start`, `npm run cli -- …` and, built, the package's `bucketwatch`. */
import { main, processIo } from './main.ts'
import { terminalLine } from './render.ts'

try {
  process.exitCode = await main(process.argv.slice(2), processIo())
} catch (error) {
  // A fault of ours. Its message may quote what strangers wrote.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of text.split('\n')) process.stderr.write(`${terminalLine(line)}\n`)
  process.exitCode = 1
}
