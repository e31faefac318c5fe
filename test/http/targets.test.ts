import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { createPagerDutyTarget } from '../../shared/http/pager-duty.ts'
import { createPost, type PostOptions, webhookUrl } from '../../shared/http/post.ts'
import { createSlackTarget } from '../../shared/http/slack.ts'
import { createTeamsTarget } from '../../shared/http/teams.ts'
import type { SecretSource } from '../../shared/incident/ports.ts'
import { type Received, startServer } from '../aws/http-server.ts'
import { finding } from '../target/support.ts'

const TEXT = { subject: 's', text: 't' }
/** Stands for the secret part of a webhook's URL. */
const TOKEN = 'T00000000-B00000000-XXXXXXXXXXXXXXXXXXXXXXXX'
const KEY = 'R0'.padEnd(32, '7')

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

type Answer = number | [status: number, headers: Record<string, string>, body?: string] | 'hang' | 'break'

/** A server with these answers, in order, the last one for ever; and a way to post to it that notes its pauses. */
async function setUp(answers: readonly Answer[], options: PostOptions = {}) {
  const left = [...answers]
  const server = await startServer((_: Received, response: ServerResponse) => {
    const answer = left.length > 1 ? left.shift()! : left[0]!
    if (answer === 'hang') return
    if (answer === 'break') return void response.socket?.destroy()
    const [status, headers, body = ''] = typeof answer === 'number' ? [answer, {}] : answer
    response.writeHead(status, headers).end(body)
  })
  stops.push(() => server.stop())
  const pauses: number[] = []
  let time = 0
  const post = createPost({
    now: () => time,
    sleep: async (ms) => {
      pauses.push(ms)
      time += ms
    },
    random: () => 0.5,
    ...options,
  })
  return { post, pauses, requests: server.requests, url: `${server.config.endpoint}/services/${TOKEN}` }
}

/** A secret that is replaced by each refresh, up to the last. */
function secretOf(...values: readonly string[]): SecretSource & { readonly refreshed: () => number } {
  let at = 0
  let refreshed = 0
  return {
    get: async () => values[at]!,
    async refresh() {
      refreshed += 1
      at = Math.min(at + 1, values.length - 1)
      return values[at]!
    },
    refreshed: () => refreshed,
  }
}

/** The services, with what each takes for yes. */
const SERVICES = [
  { name: 'slack', yes: 200, make: createSlackTarget, has: '"blocks"' },
  { name: 'teams', yes: 202, make: createTeamsTarget, has: 'AdaptiveCard' },
] as const

describe.each(SERVICES)('$name', ({ name, yes, make, has }) => {
  test('posts the finding as JSON, once', async () => {
    const { post, requests, url, pauses } = await setUp([yes])
    await make({ secret: secretOf(url), post }).send(finding(), TEXT)
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'POST', url: `/services/${TOKEN}` })
    expect(requests[0]!.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(requests[0]!.body)).toEqual(expect.anything())
    expect(requests[0]!.body).toContain(has)
    expect(pauses).toEqual([])
  })

  test('outages are tried again, with longer pauses', async () => {
    const { post, requests, url, pauses } = await setUp([500, 'break', yes])
    await make({ secret: secretOf(url), post }).send(finding(), TEXT)
    expect([requests.length, pauses]).toEqual([3, [300, 1200]])
  })

  test('waits as long as it is told to', async () => {
    const { post, url, pauses } = await setUp([[429, { 'retry-after': '7' }], yes])
    await make({ secret: secretOf(url), post }).send(finding(), TEXT)
    expect(pauses).toEqual([7000])
  })

  test('but not longer than an invocation may: the schedule tries again', async () => {
    const { post, requests, url, pauses } = await setUp([[429, { 'retry-after': '600' }]])
    const sending = make({ secret: secretOf(url), post }).send(finding(), TEXT)
    await expect(sending).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      retryable: true,
      details: { retryAfterSeconds: 600 },
    })
    expect([requests.length, pauses]).toEqual([1, []])
  })

  test('gives up on a server that does not answer', async () => {
    const { post, requests, url } = await setUp(['hang'], { timeoutMs: 30, attempts: 2 })
    await expect(make({ secret: secretOf(url), post }).send(finding(), TEXT)).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('no answer in time'),
    })
    expect(requests).toHaveLength(2)
  })

  test('follows no redirect', async () => {
    const other = await setUp([yes])
    const { post, url } = await setUp([[302, { location: other.url }]])
    await expect(make({ secret: secretOf(url), post }).send(finding(), TEXT)).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      details: { status: 302 },
    })
    expect(other.requests).toEqual([])
  })

  test.each([401, 403, 404, 410])('%i: the secret is read anew, and may be a better one', async (status) => {
    const { post, requests, url } = await setUp([status, yes])
    const secret = secretOf(url, `${url}-new`)
    await make({ secret, post }).send(finding(), TEXT)
    expect(requests.map((request) => request.url)).toEqual([`/services/${TOKEN}`, `/services/${TOKEN}-new`])
  })

  test('the same secret again is not tried again; what the service says comes without it', async () => {
    const { post, requests, url } = await setUp([[404, {}, `no_service for \u001b[31m/services/${TOKEN}`]])
    const secret = secretOf(url)
    const error = await make({ secret, post })
      .send(finding(), TEXT)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TARGET_DENIED', retryable: true, details: { target: name, status: 404 } })
    expect([requests.length, secret.refreshed()]).toEqual([1, 1])
    expect(String(error)).toContain('\\u{1b}')
  })

  test('what it does not like is refused, and not sent again', async () => {
    const { post, requests, url } = await setUp([[400, {}, 'invalid_payload']])
    await expect(make({ secret: secretOf(url), post }).send(finding(), TEXT)).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      retryable: false,
      message: expect.stringContaining('invalid_payload'),
    })
    expect(requests).toHaveLength(1)
  })

  test.each([[[500]], [['break']], [[403]], [[400]], [[[302, { location: 'https://evil.example' }]]]] as [Answer[]][])(
    'no error holds the secret: %j',
    async (answers) => {
      const { post, url } = await setUp(answers)
      const error = await make({ secret: secretOf(url), post })
        .send(finding(), TEXT)
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: expect.stringMatching(/^TARGET_/) })
      expect(JSON.stringify([String(error), error])).not.toContain(TOKEN)
    },
  )
})

describe('pagerduty', () => {
  test('sends the event with the key in its body', async () => {
    const { post, requests, url } = await setUp([202])
    await createPagerDutyTarget({ secret: secretOf(KEY), post, url }).send(finding(), TEXT)
    expect(JSON.parse(requests[0]!.body)).toMatchObject({ routing_key: KEY, event_action: 'trigger' })
  })

  test.each([
    [400, 'TARGET_REFUSED'],
    [403, 'TARGET_DENIED'],
    [200, 'TARGET_REFUSED'],
  ])('%i is %s, without the key', async (status, code) => {
    const { post, url } = await setUp([[status, {}, `{"status":"invalid event","message":"routing_key ${KEY}"}`]])
    const sending = createPagerDutyTarget({ secret: secretOf(KEY), post, url }).send(finding(), TEXT)
    const error = await sending.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringContaining('routing_key ***') })
    expect(JSON.stringify([String(error), error])).not.toContain(KEY)
  })

  test.each(['short', `${KEY}7`, 'https://events.pagerduty.com/x'])('%s is no key, and is not shown', async (key) => {
    const { post, requests, url } = await setUp([202])
    const error = await createPagerDutyTarget({ secret: secretOf(key), post, url })
      .send(finding(), TEXT)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TARGET_SECRET' })
    expect(String(error)).not.toContain(key)
    expect(requests).toEqual([])
  })
})

describe('webhookUrl', () => {
  test.each(['https://hooks.slack.com/services/T/B/x', 'http://127.0.0.1:8080/x'])('takes %s', (secret) => {
    expect(webhookUrl(secret, 'slack').href).toBe(secret)
  })

  test.each([
    ['', 'no URL'],
    ['hooks.slack.com/secret', 'no URL'],
    ['http://hooks.slack.com/secret', 'no https URL'],
    ['http://127.0.0.1.evil.example/secret', 'no https URL'],
    ['http://localhost/secret', 'no https URL'],
    ['file:///etc/secret', 'no https URL'],
    ['https://user:secret@hooks.slack.com/', 'a user or a password'],
  ])('refuses %j: %s', (secret, problem) => {
    const said = expect.objectContaining({ code: 'TARGET_SECRET', message: expect.stringContaining(problem) })
    expect(() => webhookUrl(secret, 'slack')).toThrow(said)
    expect(() => webhookUrl(secret, 'slack')).not.toThrow(/secret\b.*secret/)
  })
})

test('an answer without end is read to its beginning only', async () => {
  const { post, url } = await setUp([[400, {}, 'x'.repeat(5_000_000)]])
  const { status, text } = await post(new URL(url), '{}')
  expect([status, text.length]).toEqual([400, 2048])
})

test('a name that leads nowhere is an outage', async () => {
  const closed = await startServer(() => {})
  await closed.stop()
  const post = createPost({ attempts: 1 })
  await expect(post(new URL(closed.config.endpoint), '{}')).rejects.toMatchObject({
    code: 'TARGET_UNAVAILABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})
