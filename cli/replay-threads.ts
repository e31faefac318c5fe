/** Threads that read the units of a replay. */
import { Worker } from 'node:worker_threads'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import type { Piece, Pieced } from '../shared/replay/pieces.ts'
import type { UnitReader } from '../shared/replay/run.ts'
import type { Collected, ReplayObject } from '../shared/replay/unit.ts'
import { plainBytes } from '../shared/replay/units.ts'
import { type Answer, createUnitReader, type PieceRequest, type Request, type ThreadData } from './replay-worker.ts'

/**
 * What a thread may hold, MB. It holds some 40: a unit's 30, and what is kept of matching records, 5 KB each at the most
 * while they are put in order. By how much may be held V8 decides how much garbage it lets lie: with 384 it looked through
 * all that is old whenever that had grown by a third, which cost a seventh of all CPU; 800 cost a twentieth more than this,
 * which takes 8 MB more. With 60 MB of room for young objects it takes an eightieth less CPU and 10 MB more.
 */
const limitsOf = (rowLimit: number) => ({
  maxOldGenerationSizeMb: 1600 + Math.ceil(rowLimit / 200),
  maxYoungGenerationSizeMb: 48,
})

/** Beside the sources lies a source, in the package what was built of it. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './replay-worker.ts' : './replay-worker.js', import.meta.url)

export interface Threads extends UnitReader {
  /** No more units are read. */
  end(): Promise<void>
}

interface Waiting {
  readonly resolve: (answer: Collected | Pieced) => void
  readonly reject: (error: Error) => void
}

/** As stored: so little is read in this thread where one is wanted, before another has begun. */
const LITTLE_BYTES = 16 * 1024 * 1024
/** When inflated: so much is worth a thread. It costs 0.1 s to begin, and compiles all that it runs for itself. */
const WORTH_BYTES = 2 * 1024 * 1024

/**
 * How many threads beside this one are worth it.
 *
 * @param wanted how many may read.
 * @returns 0: what there is is read sooner in this thread.
 * @example
 * const threads = createThreads(threadsFor(4, units), data)
 */
export function threadsFor(wanted: number, units: readonly (readonly ReplayObject[])[]): number {
  if (units.length < 2) return 0
  const objects = units.flat()
  const stored = objects.reduce((sum, { size }) => sum + size, 0)
  const plain = objects.reduce((sum, object) => sum + plainBytes(object), 0)
  const threads = Math.min(wanted, units.length, Math.floor(plain / WORTH_BYTES))
  return threads < 2 && stored < LITTLE_BYTES ? 0 : threads
}

/**
 * @param threads 0: units are read in this thread, whose memory is what Node gives it.
 * @throws (its promises) BucketwatchError INTERNAL where a thread fails, OUTPUT_WRITE where it cannot write records.
 * @example
 * const threads = createThreads(4, data); await threads.collect(unit, {}); await threads.end()
 */
export function createThreads(threads: number, data: ThreadData): Threads {
  if (threads === 0) return { ...createUnitReader(data), end: async () => {} }
  const waiting = new Map<number, Waiting>()
  let next = 0
  /** Units that no thread has begun. */
  const queue: Request[] = []
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(WORKER, { workerData: data, resourceLimits: limitsOf(data.collect.rowLimit) })
    const one = { worker, asked: 0, isLeaving: false }
    worker.on('message', (answer: Answer) => {
      one.asked -= 1
      give()
      const waiter = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('collected' in answer) waiter?.resolve(answer.collected)
      else if ('pieced' in answer) waiter?.resolve(answer.pieced)
      else waiter?.reject(new BucketwatchError(answer.code, answer.error))
    })
    worker.on('error', (error) => {
      for (const { reject } of waiting.values())
        reject(new BucketwatchError('INTERNAL', error.message, {}, { cause: error }))
      waiting.clear()
    })
    return one
  })

  function ask(most: number): void {
    for (const one of workers) {
      if (one.asked >= most) continue
      const request = queue.shift()
      if (request === undefined) return
      one.asked += 1
      one.worker.postMessage(request)
    }
  }

  /**
   * One unit each, and another that a thread has at hand when it is done: this one may be putting something together then. The
   * last ones wait for whoever is done first.
   */
  function give(): void {
    ask(1)
    if (queue.length >= workers.length) ask(2)
  }

  function wait<Answered extends Collected | Pieced>(ask: (id: number) => void): Promise<Answered> {
    const id = next
    next += 1
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject })
      ask(id)
    })
  }

  function putTogether(piece: Piece): Promise<Pieced> {
    const one = workers.find(({ isLeaving }) => !isLeaving)
    if (one === undefined) return Promise.reject(new BucketwatchError('INTERNAL', 'no thread is left'))
    one.isLeaving = true
    return wait((id) => one.worker.postMessage({ id, piece } satisfies PieceRequest))
  }

  return {
    parallel: threads,
    collect: (unit, options) =>
      wait((id) => {
        const request = { id, unit, options }
        // What is read again holds up all that was read after it.
        if (options.known === undefined) queue.push(request)
        else queue.unshift(request)
        give()
      }),
    // With one thread all is done by one after the other, and what it holds is given back first.
    ...(threads === 1 ? {} : { putTogether }),
    async end() {
      await Promise.all(workers.filter(({ isLeaving }) => !isLeaving).map(({ worker }) => worker.terminate()))
    },
  }
}
