#!/usr/bin/env node
/** The command itself: `npm start`, `npm run cli -- …` and, built, the package's `bucketwatch`. */
import { main, processIo } from './main.ts'

process.exitCode = await main(process.argv.slice(2), processIo())
