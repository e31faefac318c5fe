/** `npm test`: the tests. Arguments are passed on to vitest. */
import { runVitest } from './vitest.ts'

process.exitCode = runVitest(process.argv.slice(2))
