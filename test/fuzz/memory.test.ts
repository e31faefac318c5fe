import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { SHAPES } from './shapes.ts'

/** Of V8's heap. The process ends where it needs more; nothing of it has to be measured. */
const HEAP_MB = 64
/** Of buffers, which are not on that heap: the chunks, the record that is held, and what the collector has not got to. */
const MOST_BUFFERS_MB = 128

describe('memory does not grow with an object', () => {
  it.each(Object.entries(SHAPES))('%s', (name, { megabytes }) => {
    const out = execFileSync(
      process.execPath,
      [`--max-old-space-size=${HEAP_MB}`, path.resolve('test/fuzz/memory.ts'), name],
      { encoding: 'utf8' },
    )
    console.log(`${name}: ${out.trim()}`)
    const { bytesInflated, records, pieces, arrayBuffersMb } = JSON.parse(out) as Record<string, number>
    expect(bytesInflated).toBeGreaterThan(megabytes * 1024 * 1024)
    expect(records! + pieces!).toBeGreaterThan(0)
    expect(arrayBuffersMb).toBeLessThan(MOST_BUFFERS_MB)
  })
})
