/**
 * Test code: starts and stops the AWS emulator (ministack, from .venv) for the end-to-end tests. It listens on
 * 127.0.0.1 only, on a port that is free, and its Lambdas run with the Node that runs the tests. To see what it did:
 * `E2E_LOG_LEVEL=DEBUG E2E_LOG=/tmp/emulator.log npm run test:e2e -- chain`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** ministack takes an access key of twelve digits for the account's root, and knows no secret for it. */
export const ACCOUNT = '111122223333'
export const REGION = 'us-east-1'
export const CREDENTIALS = { accessKeyId: ACCOUNT, secretAccessKey: 'test' } as const

export interface Emulator {
  readonly endpoint: string
  /** What it printed so far. */
  log(): string
  stop(): Promise<void>
}

export interface EmulatorOptions {
  /** Enforce IAM and resource policies. */
  readonly auth?: boolean
  /** A port to listen on, from {@link freePort}; the fronts must know it before the emulator starts. */
  readonly port?: number
  /** More environment for it and, inherited, for its Lambdas: `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS` leads to a front. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts the emulator and waits until it is ready. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const port = options.port ?? (await freePort())
  const directory = mkdtempSync(join(tmpdir(), 'bucketwatch-e2e-'))
  const logFile = join(directory, 'emulator.log')
  const out = openSync(logFile, 'w')
  const child = spawn(join('.venv', 'bin', 'ministack'), [], {
    // Nothing of the caller's AWS configuration: an AWS_ENDPOINT_URL here would be inherited by the Lambdas.
    env: {
      PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
      HOME: directory,
      TMPDIR: directory,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: REGION,
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      AUTH: String(options.auth ?? false),
      LOG_LEVEL: process.env.E2E_LOG_LEVEL ?? 'WARNING',
      ...options.environment,
    },
    stdio: ['ignore', out, out],
  })
  closeSync(out)
  const endpoint = `http://127.0.0.1:${port}`
  const log = () => readFileSync(logFile, 'utf8')
  const stop = async () => {
    await stopProcess(child)
    if (process.env.E2E_LOG !== undefined) copyFileSync(logFile, process.env.E2E_LOG)
    rmSync(directory, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`ministack ended with ${child.exitCode}: ${log()}`)
    const ready = await fetch(`${endpoint}/_ministack/ready`).then(
      (response) => response.ok,
      () => false,
    )
    if (ready) return { endpoint, log, stop }
    await sleep(100)
  }
  const printed = log()
  await stop()
  throw new Error(`ministack did not get ready in 30 s: ${printed}`)
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}
