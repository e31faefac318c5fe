/** EC2 as it answers on the wire: pages of XML, and too many calls. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOwnClients } from '../../shared/aws/own-clients.ts'
import { fetchNetworks } from '../../shared/aws/own-networks.ts'
import { type Received, startServer } from './http-server.ts'

const ACCOUNT = '111122223333'
const REGION = 'eu-central-1'

const error = (code: string) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>1</RequestID></Response>`

let answer: (parameters: URLSearchParams) => readonly [status: number, body: string]
let server: Awaited<ReturnType<typeof startServer>>
const asked = (request: Received) => new URLSearchParams(request.body)

beforeEach(async () => {
  server = await startServer((request, response) => {
    const [status, body] = answer(asked(request))
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(body)
  })
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', server.config.endpoint)
  vi.stubEnv('AWS_ACCESS_KEY_ID', server.config.credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.config.credentials.secretAccessKey)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.stop()
})

const vpcs = (id: string, next?: string) =>
  `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><vpcSet><item>
  <vpcId>${id}</vpcId><ownerId>${ACCOUNT}</ownerId><tagSet><item><key>Name</key><value>a &amp; b</value></item></tagSet>
  <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:1::/56</ipv6CidrBlock><ipv6CidrBlockState>
  <state>associated</state></ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet></item></vpcSet>
  ${next === undefined ? '' : `<nextToken>${next}</nextToken>`}</DescribeVpcsResponse>`

const vpc = (id: string) => ({ id, owner: ACCOUNT, name: 'a & b', ipv6: ['2001:db8:1::/56'] })
const look = () =>
  fetchNetworks(createOwnClients({ region: REGION }).ec2(REGION), REGION, (...keys) => keys.includes('vpcs'))

test('page after page, and again where there were too many calls', async () => {
  let isBusy = true
  answer = (parameters) => {
    if (isBusy) {
      isBusy = false
      return [503, error('RequestLimitExceeded')]
    }
    return [200, parameters.get('NextToken') === null ? vpcs('vpc-0a', 'more') : vpcs('vpc-0b')]
  }
  expect(await look()).toEqual({ region: REGION, vpcs: { known: true, value: [vpc('vpc-0a'), vpc('vpc-0b')] } })
  expect(server.requests.map((request) => asked(request).get('Action'))).toEqual(Array(3).fill('DescribeVpcs'))
  expect(asked(server.requests[0]!).get('MaxResults')).toBe('1000')
})

test('a page that may not be read makes the whole unknown: half a list would pass for all of it', async () => {
  answer = (parameters) =>
    parameters.get('NextToken') === null ? [200, vpcs('vpc-0a', 'more')] : [403, error('UnauthorizedOperation')]
  expect((await look()).vpcs).toEqual({
    known: false,
    reason: expect.stringContaining('ec2:DescribeVpcs: UnauthorizedOperation: no'),
  })
})
