/**
 * A test that waits for ever fails by its time limit; one that computes for ever never comes to look at it. So each test
 * file has a thread that ends its process after a time that no machine needs, however busy, and names the file.
 */
import { Worker } from 'node:worker_threads'
import { expect } from 'vitest'

const MINUTES = 20

const bark = `
  const { workerData: { file, minutes } } = require('node:worker_threads')
  setTimeout(() => {
    require('node:fs').writeSync(2, file + ' did not end in ' + minutes + ' minutes: it hangs.\\n')
    process.kill(process.pid, 'SIGKILL')
  }, minutes * 60_000)`

const workerData = { file: expect.getState().testPath, minutes: MINUTES }
new Worker(bark, { eval: true, workerData, stdout: false }).unref()
