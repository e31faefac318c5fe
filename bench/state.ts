import { gzipSync } from 'node:zlib'
import { createLedgerClient } from '../shared/aws/clients.ts'
import { createDynamoState } from '../shared/aws/state.ts'
import { PRICES } from '../shared/basics/prices.ts'
import type { StateStore } from '../shared/contracts/state.ts'
import { createMemoryState } from '../shared/state/memory.ts'
import { generateCloudTrailText } from '../test/support/generate.ts'
import { benchInstance, storeOf } from './instance.ts'

const ROUNDS = 5
const CALLS = 200

/** What the ledger costs: calls of objects of three sizes, and what a call takes of our CPU (up to the socket). */
export async function benchState(): Promise<void> {
  const { readMs, writeMs } = await callMs()
  console.log('\nLedger: calls, CPU and dollars (DynamoDB on demand, us-east-1)')
  console.log(`  a read ${readMs.toFixed(2)} ms, a write ${writeMs.toFixed(2)} ms of CPU up to the socket`)
  for (const records of [10, 1_000, 20_000]) {
    const { reads, writes, again } = await calls(records)
    const dollars = reads * (PRICES.tableRead / 1e6) + writes * (PRICES.tableWrite / 1e6)
    const ms = reads * readMs + writes * writeMs
    console.log(
      `  an object of ${records} records: ${reads} read, ${writes} ${writes === 1 ? 'write' : 'writes'}, ${ms.toFixed(1)} ms; ` +
        `$${(dollars * 1e6).toFixed(2)} a million objects, $${((dollars * 1e6) / records).toFixed(4)} a million records; ` +
        `coming again: ${again.reads} read, ${again.writes} writes`,
    )
    if (records === 10)
      console.log(`  ${writes <= 1 ? 'reached ' : 'MISSED  '} writes of a small object: ${writes} (target ≤ 1)`)
  }
}

async function calls(records: number) {
  let reads = 0
  let writes = 0
  const memory = createMemoryState({ now: Date.now })
  const state: StateStore = {
    ...memory,
    get: (key) => {
      reads += 1
      return memory.get(key)
    },
    write: (write) => {
      writes += 1
      return memory.write(write)
    },
  }
  const body = gzipSync(`{"Records":[${[...generateCloudTrailText({ records, seed: 1 })].join(',')}]}`)
  const process = () =>
    benchInstance({ store: storeOf(() => body), state }).process({
      bucket: 'amzn-s3-demo-bucket',
      key: 'bench.json.gz',
      eTag: 'bench',
    })
  await process()
  const first = { reads, writes }
  await process()
  return { ...first, again: { reads: reads - first.reads, writes: writes - first.writes } }
}

async function callMs(): Promise<{ readMs: number; writeMs: number }> {
  const client = createLedgerClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    requestHandler: { handle: async () => ({ response: { statusCode: 200, headers: {}, body: Buffer.from('{}') } }) },
  })
  const state = createDynamoState({ client, tableName: 'state', now: Date.now })
  const key = 'object#amzn-s3-demo-bucket/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/17/x.json.gz#e=0123'
  const set = { state: 'sent', begun: 1, shape: 'x'.repeat(16), lease: 1, leased: 1, group: 'g', stream: 's', at: 1 }
  const write = () =>
    state.write({ key, set, when: [{ attribute: 'rev', is: 'absent' }], expiresAt: Date.now() + 1_000_000 })
  return { readMs: await least(() => state.get(key)), writeMs: await least(write) }
}

async function least(call: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.cpuUsage()
    for (let index = 0; index < CALLS; index += 1) await call()
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / 1000 / CALLS)
  }
  return best
}
