#!/usr/bin/env node
/** The command itself: `npm start`, `npm run cli -- …` and, built, the package's `bucketwatch`. */
import { main, processIo } from './main.ts'
import { terminalLine } from './render.ts'

try {
  process.exitCode = await main(process.argv.slice(2), processIo())
} catch (error) {
  // A fault of ours. Its message may quote what strangers wrote, and stays on one line.
  const { message = String(error), stack = '' } = error instanceof Error ? error : {}
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line))
  for (const line of [`bucketwatch failed: ${message}`, ...frames]) process.stderr.write(`${terminalLine(line)}\n`)
  process.exitCode = 1
}
