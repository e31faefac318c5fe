/** HTTP calls of our own making: posting JSON to webhooks. What AWS offers goes through its SDK. */
import { setTimeout as wait } from 'node:timers/promises'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'

export interface PostOptions {
  /** An attempt is given up after this, ms. */
  readonly timeoutMs?: number | undefined
  /** Attempts in all. */
  readonly attempts?: number | undefined
  /** All attempts and the pauses between them, ms. */
  readonly budgetMs?: number | undefined
  readonly now?: (() => number) | undefined
  readonly sleep?: ((ms: number) => Promise<unknown>) | undefined
  readonly random?: (() => number) | undefined
}

/** The answer of a server that can be reached, whatever it says. */
export interface HttpAnswer {
  readonly status: number
  /** The beginning of its body. */
  readonly text: string
}

/** Posts a JSON text. */
export type Post = (url: URL, body: string) => Promise<HttpAnswer>

const DEFAULTS = { timeoutMs: 5_000, attempts: 3, budgetMs: 15_000 } as const
const FIRST_PAUSE_MS = 300
/** A server that says more has the rest unread. */
const MAX_ANSWER_BYTES = 2048

/**
 * Makes a {@link Post}: outages, timeouts and answers 408, 425, 429 and 5xx are tried again, after what `Retry-After`
 * says, else after a growing pause with jitter, as long as the budget lasts. Redirects are not followed: a webhook that
 * has moved is one that somebody has to look at. Errors name the host and never the path, which holds the secret.
 *
 * @throws BucketwatchError TARGET_UNAVAILABLE, with `retryAfterSeconds` where the server has said so.
 * @example
 * const { status } = await createPost()(new URL(webhook), JSON.stringify({ text: 'hello' }))
 */
export function createPost(options: PostOptions = {}): Post {
  const { now = Date.now, sleep = wait, random = Math.random } = options
  const timeoutMs = options.timeoutMs ?? DEFAULTS.timeoutMs
  const attempts = options.attempts ?? DEFAULTS.attempts
  const budgetMs = options.budgetMs ?? DEFAULTS.budgetMs

  async function attempt(url: URL, body: string, limitMs: number): Promise<HttpAnswer & { retryAfterMs?: number }> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'bucketwatch' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    })
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), now())
    const text = await beginningOf(response)
    return { status: response.status, text, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }

  return async (url, body) => {
    const end = now() + budgetMs
    let problem = ''
    let retryAfterMs: number | undefined
    for (let count = 1; count <= attempts && now() < end; count++) {
      retryAfterMs = undefined
      try {
        const answer = await attempt(url, body, Math.min(timeoutMs, end - now()))
        if (!isTemporary(answer.status)) return { status: answer.status, text: answer.text }
        problem = `answer ${answer.status}`
        retryAfterMs = answer.retryAfterMs
      } catch (error) {
        problem = reasonOf(error)
      }
      const pause = retryAfterMs ?? FIRST_PAUSE_MS * 4 ** (count - 1) * (0.5 + random())
      // It is not for us to wait longer than an invocation may; the schedule comes back.
      if (count === attempts || now() + pause >= end) break
      await sleep(pause)
    }
    throw new BucketwatchError('TARGET_UNAVAILABLE', `${url.host}: ${problem}`, {
      host: url.host,
      ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
    })
  }
}

const isTemporary = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500

/** What `fetch` failed of; its own message is always "fetch failed". The cause may name an address, never a path. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = (cause as { code?: unknown } | null)?.code
  if (typeof code === 'string') return code
  return error instanceof DOMException && error.name === 'TimeoutError' ? 'no answer in time' : errorMessage(cause)
}

/** Seconds, or a date; ms from now. */
function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

async function beginningOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  if (response.body !== null) {
    for await (const part of response.body) {
      parts.push(part)
      size += part.length
      if (size >= MAX_ANSWER_BYTES) break
    }
  }
  return Buffer.concat(parts).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
}

/**
 * The URL of a webhook as its secret says it: https, without user and password. Plain http is taken for this machine
 * only (127.0.0.1), where tests listen.
 *
 * @throws BucketwatchError TARGET_SECRET that says what is wrong without showing it.
 */
export function webhookUrl(secret: string, target: string): URL {
  const url = URL.canParse(secret) ? new URL(secret) : undefined
  const problem =
    url === undefined
      ? 'it is no URL'
      : url.protocol !== 'https:' && !(url.protocol === 'http:' && url.hostname === '127.0.0.1')
        ? 'it is no https URL'
        : url.username !== '' || url.password !== ''
          ? 'its URL holds a user or a password'
          : undefined
  if (url === undefined || problem !== undefined)
    throw new BucketwatchError('TARGET_SECRET', `${target}: ${problem}`, { target })
  return url
}
