/** Set-up file of a worker's tests: writes down which mutations' expressions each test file has evaluated. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect } from 'vitest'

declare global {
  var mutationRan: ((number: number) => void) | undefined
}

const ran = new Set<number>()
const { testPath } = expect.getState()
globalThis.mutationRan = (number) => ran.add(number)

afterAll(() => {
  const name = path.relative(process.cwd(), testPath!).replaceAll(path.sep, '_')
  writeFileSync(path.join(process.env.MUTATE_RAN!, `${name}.json`), JSON.stringify([...ran]))
})
