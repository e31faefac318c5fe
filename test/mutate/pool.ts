import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Job, Verdict } from './worker.ts'

const TICK_MS = 1_000

/** A worker process over one copy of the project. A job that does not end is ended with its process. */
export class Worker {
  readonly copy: string
  #child: ChildProcess | undefined

  constructor(copy: string) {
    this.copy = copy
  }

  /** What the tests say of the job. After `limitMs` they count as hanging, which somebody would notice. */
  async run(job: Job, limitMs: number): Promise<Verdict> {
    this.#child ??= await this.#start()
    const putBack = this.#keep(job)
    const child = this.#child
    const settled = new AbortController()
    const timer = new Promise<Verdict>((resolve) => {
      // Counted in ticks and not by the clock: a machine that sleeps or is starved ticks as little as the tests run.
      let ticks = 0
      const interval = setInterval(() => {
        ticks += 1
        if (ticks * TICK_MS < limitMs) return
        resolve({ noticed: true, broken: true, by: `did not end in ${Math.round(limitMs / 1000)} s` })
      }, TICK_MS)
      settled.signal.addEventListener('abort', () => clearInterval(interval))
    })
    const { signal } = settled
    const answer = once(child, 'message', { signal }).then(([verdict]) => verdict as Verdict)
    const death = once(child, 'exit', { signal }).then(
      ([code]): Verdict => ({ noticed: true, broken: true, by: `the process ended with ${code}` }),
    )
    for (const promise of [answer, death]) promise.catch(() => {})
    child.send(job)
    const verdict = await Promise.race([answer, death, timer])
    settled.abort()
    if (verdict.broken) {
      // It could not put the file back itself; the next job starts with a fresh process.
      this.stop()
      putBack()
    }
    return verdict
  }

  #keep({ edits }: Job): () => void {
    const files = new Set(edits.map(({ file }) => path.join(this.copy, file)))
    const sources = [...files].map((file) => [file, readFileSync(file)] as const)
    return () => {
      for (const [file, source] of sources) writeFileSync(file, source)
    }
  }

  /** Ends the process and those that it started. */
  stop(): void {
    const pid = this.#child?.pid
    this.#child = undefined
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  async #start(): Promise<ChildProcess> {
    const ran = `${this.copy}-ran`
    mkdirSync(ran, { recursive: true })
    const child = fork(path.join(import.meta.dirname, 'worker.ts'), {
      cwd: this.copy,
      // In a group of its own, so that a hanging test process ends with it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, CI: 'true', MUTATE_RAN: ran },
    })
    await once(child, 'message')
    return child
  }
}
