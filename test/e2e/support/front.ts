/**
 * Test code: an HTTP front before the emulator. Requests pass through unchanged, so that their signatures hold; what
 * goes through it counts as sent over TLS, as it would be on AWS, so that policies that deny calls without TLS let it
 * in. A front can answer in the emulator's place.
 */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'

export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface FrontResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** Handles a request; `pass` sends it on. `undefined`: the connection breaks without an answer. */
export type FrontHandler = (
  request: FrontRequest,
  pass: (body?: Buffer) => Promise<FrontResponse>,
) => Promise<FrontResponse | undefined>

export interface Front {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Starts a front on a free port of 127.0.0.1. */
export async function startFront(targetPort: number, handler: FrontHandler = (_, pass) => pass()): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request: FrontRequest = {
        method: incoming.method ?? 'GET',
        path: incoming.url ?? '/',
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      }
      handler(request, (body) => send(targetPort, request, body ?? request.body)).then(
        (response) => {
          if (response === undefined) return void incoming.socket.destroy()
          const { 'transfer-encoding': _, connection: __, ...headers } = response.headers
          outgoing.writeHead(response.status, { ...headers, 'content-length': response.body.length })
          outgoing.end(response.body)
        },
        () => incoming.socket.destroy(),
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(port: number, request: FrontRequest, body: Buffer): Promise<FrontResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: request.method,
        path: request.path,
        headers: { ...request.headers, 'content-length': body.length, 'x-forwarded-proto': 'https' },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
