/**
 * A process of its own that reads one large object of a hostile shape, in little memory (`--max-old-space-size`): prints
 * what it read and its peaks. `node test/fuzz/memory.ts SHAPE`
 */
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { redactSecrets } from '../../shared/derive/redact.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { createEntryWriter, type EntryWriter } from '../../shared/quarantine/entry.ts'
import { SHAPES } from './shapes.ts'

const MB = 1024 * 1024
const { head, unit, megabytes } = SHAPES[process.argv[2]!]!

async function* body(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head)
  // As large a chunk as inflating makes.
  const piece = Buffer.from(unit.repeat(Math.ceil((2 * MB) / unit.length)))
  for (let left = megabytes; left > 0; left -= 2) yield piece
}

let records = 0
let pieces = 0
let characters = 0
let arrayBuffers = 0
let writer: EntryWriter | undefined

let calls = 0
function look(): void {
  // To ask costs more than to read.
  calls += 1
  if (calls < 1024 || calls % 1024 === 0) arrayBuffers = Math.max(arrayBuffers, process.memoryUsage().arrayBuffers)
}

const about = { function: 'f', bucket: 'b', key: 'k', time: 't', reason: 'r' }
const { bytesInflated } = await readLog(body(), {
  readers: createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 16_384, now: Date.now }),
  maxInflatedBytes: 1e12,
  maxRecordBytes: 4 * MB,
  onRecord() {
    records += 1
    look()
    return undefined
  },
  // As the pipeline puts it aside.
  onUnreadable({ text, isContinued, hasMore }) {
    if (isContinued !== true) {
      pieces += 1
      writer = createEntryWriter(about, redactSecrets)
    }
    const entries = [...writer!.write(text), ...(hasMore === true ? [] : writer!.end())]
    for (const entry of entries) characters += entry.text?.length ?? 0
    look()
    return undefined
  },
})
console.log(
  JSON.stringify({ bytesInflated, records, pieces, characters, arrayBuffersMb: Math.round(arrayBuffers / MB) }),
)
