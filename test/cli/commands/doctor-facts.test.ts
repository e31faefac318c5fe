/** The commands that fill settings from the account, and the one that compares them with it. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2'
import { ListAccountsCommand } from '@aws-sdk/client-organizations'
import { ListBucketsCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { settingsFindings } from '../../../cli/doctor-settings.ts'
import type { Io } from '../../../cli/io.ts'
import { ACCOUNT, ARCHIVE, CLOSED, HOME, OTHER, ownAccount, refuse, STRANGER } from '../../ours/support/own-account.ts'
import { cli } from '../../support/cli.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-facts-'))
afterAll(() => rmSync(folder, { recursive: true }))
let aws: ReturnType<typeof ownAccount>
let file = ''
let count = 0
beforeEach(() => {
  aws = ownAccount()
  count += 1
  file = path.join(folder, `settings-${count}.yml`)
})
afterEach(() => aws.restore())

const facts = (...args: string[]) => cli(['doctor', '--facts', '--region', HOME, ...args])
const write = (text: string) => writeFileSync(file, text)
const read = () => readFileSync(file, 'utf8')

describe('doctor --facts', () => {
  it('prints lines of a settings file, and what is to be said of them beside', async () => {
    const { code, out, err } = await facts()
    expect(code).toBe(0)
    expect(out.join('\n')).toMatchInlineSnapshot(`
      "# Read from AWS by \`bucketwatch doctor --facts\`.
      account: '111122223333'
      trustedAccounts:
        - '444455556666' # log-archive
      logBuckets:
        - amzn-s3-demo-access-logs # of bucket amzn-s3-demo-data, 111122223333
        - amzn-s3-demo-trail-logs # of trail management, 111122223333
      allowRanges:
        - 2001:db8:0:100::/56 # vpc-0b, 444455556666 eu-west-1
        - 203.0.113.10/32 # nat-0a, 111122223333 eu-west-1
        - 198.51.100.7/32 # eipalloc-0b, bastion, 111122223333 eu-west-1
      organizations:
        - o-exampleorgid
      vpcs:
        - vpc-0a # prod, 111122223333 eu-west-1
        - vpc-0b # 444455556666 eu-west-1
        - vpc-0c # 111122223333 us-east-1
      vpcEndpoints:
        - vpce-0a # com.amazonaws.eu-west-1.s3, 111122223333 eu-west-1
      canonicalIds:
        - 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be # 111122223333
        - b970b42360b81c8ddbd79d2f5df0069ba9033c8a79655752abe380cd6d63ba8bcf23384d568fcf89fc49700b5e11a0fd # origin access identity E3IDENTITY, 111122223333
      distributions:
        - E1EXAMPLE # www.example.com, 111122223333
        - E2EXAMPLE # d222222abcdef8.cloudfront.net, 111122223333
        - E3IDENTITY # origin access identity, the website, 111122223333
      buckets:
        - amzn-s3-demo-data # 111122223333
        - amzn-s3-demo-access-logs # 111122223333
        - amzn-s3-demo-trail-logs # 111122223333"
    `)
    expect(err).toEqual([
      `looked at ${ACCOUNT}, 2 Regions`,
      'rule on   ip-outside-allow: S3/IAM write from outside the known ranges (it needs allowRanges)',
      'rule on   session-elsewhere: Credentials of an EC2 instance used from an unknown network (it needs allowRanges)',
      'rule on   s3-logging-redirected: Access logs sent to another bucket (it needs logBuckets)',
      'rule on   trail-bucket-tamper: Log bucket itself modified (it needs logBuckets)',
      '          AWS knows no addresses but its own: add offices and VPNs to allowRanges, or switch off the rules that need it.',
      `left out  trustedAccounts: ${CLOSED}: an account of the organization that is SUSPENDED`,
      `left out  vpcs: vpc-0f: the account ${STRANGER} shares it (${HOME}), which is not known as yours`,
    ])
  })

  it('says what the settings lack and what is gone, and writes nothing without --write', async () => {
    write(`account: '${ACCOUNT}'\nvpcs:\n  - vpc-0a\n  - vpc-0z\nbuckets: [amzn-s3-demo-gone]\n`)
    const { err } = await facts('--settings', file, '--only', 'vpcs,buckets')
    expect(err).toEqual([
      `looked at ${ACCOUNT}, 2 Regions`,
      `new       vpcs: vpc-0c (${ACCOUNT} ${OTHER})`,
      `new       buckets: amzn-s3-demo-data (${ACCOUNT})`,
      `new       buckets: amzn-s3-demo-access-logs (${ACCOUNT})`,
      `new       buckets: amzn-s3-demo-trail-logs (${ACCOUNT})`,
      `gone      vpcs: vpc-0z: no VPC of ${ACCOUNT}; it stays in ${file}`,
      `gone      buckets: amzn-s3-demo-gone: there is no such bucket, and anybody may make one; it stays in ${file}`,
      `left out  vpcs: vpc-0b: the account ${ARCHIVE} shares it (${HOME}), which is not known as yours`,
      `left out  vpcs: vpc-0f: the account ${STRANGER} shares it (${HOME}), which is not known as yours`,
    ])
    expect(read()).toContain('vpc-0z')
    expect(read()).not.toContain('vpc-0c')
  })

  it('adds to a file once, and keeps what people have written', async () => {
    write('# ours\nvpcs: [vpc-0z] # by hand\nabout: us\n')
    chmodSync(file, 0o640)
    const { code, out, err } = await facts('--write', file)
    expect([code, err]).toEqual([0, []])
    expect(out.at(-1)).toMatch(/^\S+settings-\d+\.yml: \d+ values added\. They take effect with the next deployment\.$/)
    const once = read()
    expect(once).toMatch(/^# ours\nvpcs: \[vpc-0z, vpc-0a, vpc-0b, vpc-0c\] # by hand\nabout: us\n\n# Read from AWS/)
    expect(statSync(file).mode & 0o777).toBe(0o640)
    const again = await facts('--write', file)
    expect(again.out.at(-1)).toBe(`${file} says all of it already: it was left as it is.`)
    expect(read()).toBe(once)
  })

  it('makes a file that is not there, and follows a link to one that is', async () => {
    expect((await facts('--write', file, '--only', 'organizations')).code).toBe(0)
    expect(parse(read())).toEqual({ organizations: ['o-exampleorgid'] })
    const link = path.join(folder, `link-${count}.yml`)
    symlinkSync(file, link)
    await facts('--write', link, '--only', 'vpcEndpoints')
    expect(parse(read())).toEqual({ organizations: ['o-exampleorgid'], vpcEndpoints: ['vpce-0a'] })
  })

  it('what cannot be read is told, exit code 1, and the rest is written', async () => {
    aws.organizations.on(ListAccountsCommand).rejects(refuse('AccessDeniedException', 400, 'You may not'))
    aws.ec2.on(DescribeVpcsCommand).rejects(refuse('UnauthorizedOperation', 403, 'You may not'))
    const { code, out } = await facts('--write', file, '--only', 'trustedAccounts,vpcs,organizations')
    expect(code).toBe(1)
    expect(out.filter((line) => line.startsWith('unread'))).toEqual([
      expect.stringContaining(`could not read trustedAccounts of ${ACCOUNT}: needs organizations:ListAccounts`),
      `unread    could not read vpcs of ${ACCOUNT} in ${HOME}, ${OTHER}: needs ec2:DescribeVpcs (UnauthorizedOperation: You may not)`,
    ])
    // Whatever may not be listed: of which organization one is, and who manages it, every account may know.
    expect(parse(read())).toEqual({ trustedAccounts: [ARCHIVE], organizations: ['o-exampleorgid'] })
  })

  it('an empty list is said to be one', async () => {
    for (const region of [HOME, OTHER]) aws.networks[region] = { ...aws.networks[region]!, endpoints: [], vpcs: [] }
    const { out, err } = await facts('--only', 'vpcs,vpcEndpoints')
    expect(out).toEqual([])
    expect(err).toEqual([`looked at ${ACCOUNT}, 2 Regions`, 'none      vpcs, vpcEndpoints'])
  })

  it('writes nothing with credentials of an account that the settings do not know', async () => {
    write(`account: '${STRANGER}'\n`)
    const { code, err } = await facts('--write', file)
    expect(code).toBe(1)
    expect(err).toEqual([expect.stringMatching(new RegExp(`FACTS_REFUSED: .*${STRANGER}.*${ACCOUNT}`))])
    expect(read()).toBe(`account: '${STRANGER}'\n`)
  })

  it('does not write over what somebody else has written meanwhile', async () => {
    write('about: x\n')
    aws.s3.on(ListBucketsCommand).callsFake(() => {
      write('about: y\n')
      return { Buckets: [] }
    })
    const { code, err } = await facts('--write', file)
    expect([code, err]).toEqual([1, [expect.stringContaining('SETUP_RACE')]])
    expect(read()).toBe('about: y\n')
  })

  it('says which file cannot be written, and clears the line of progress', async () => {
    const nowhere = path.join(folder, 'no', 'settings.yml')
    const shown: string[] = []
    const args = ['doctor', '--facts', '--region', HOME, '--only', 'organizations', '--write', nowhere]
    const { code, err } = await cli(args, { onProgress: (text) => shown.push(text) })
    expect([code, err]).toEqual([1, [expect.stringContaining(`bucketwatch doctor: ${nowhere}: `)]])
    aws.sts.on(GetCallerIdentityCommand).rejects(refuse('ExpiredToken'))
    await cli(args, { onProgress: (text) => shown.push(text) })
    expect([shown[0], shown.at(-1)]).toEqual([expect.stringContaining(`looking at ${ACCOUNT}`), ''])
  })

  it('what AWS answers cannot move the cursor or write lines', async () => {
    const evil = 'no\u001b[2J\nvpcs: []\u202e'
    aws.ec2.on(DescribeVpcsCommand).rejects(refuse('UnauthorizedOperation', 403, evil))
    const { out, err } = await facts('--only', 'vpcs')
    expect(out).toEqual([])
    expect(err.join('')).not.toMatch(/\p{Cc}|\p{Cf}/u)
    expect(err).toHaveLength(2)
  })

  it('an invalid file is told before AWS is asked', async () => {
    write('vpcs: vpc-0a\n')
    const { code, err } = await facts('--write', file)
    expect(code).toBe(2)
    expect(err.join('\n')).toContain('SETTINGS_INVALID')
    expect(aws.calls()).toEqual([])
  })

  it('as JSON is one object', async () => {
    write(`account: '${ACCOUNT}'\norganizations: [o-partnerorgid]\n`)
    const { out } = await facts('--settings', file, '--json', '--only', 'organizations', '--regions', OTHER)
    expect(out).toHaveLength(1)
    expect(JSON.parse(out[0]!)).toEqual({
      accounts: [ACCOUNT],
      regions: [],
      everywhere: true,
      settings: { organizations: ['o-exampleorgid'] },
      labels: { organizations: { 'o-exampleorgid': '' } },
      file,
      new: { organizations: ['o-exampleorgid'] },
      gone: [expect.objectContaining({ key: 'organizations', value: 'o-partnerorgid', sure: false })],
      leftOut: [],
      unread: [],
    })
  })

  it('of several accounts', async () => {
    let asked = 0
    aws.sts.on(GetCallerIdentityCommand).callsFake(() => {
      asked += 1
      return { Account: asked === 1 ? ACCOUNT : ARCHIVE, Arn: 'arn:aws:iam::111122223333:user/a' }
    })
    const { out } = await facts('--only', 'account,trustedAccounts,canonicalIds', '--profile', 'a,b', '--json')
    expect(JSON.parse(out[0]!)).toMatchObject({
      accounts: [ACCOUNT, ARCHIVE],
      settings: { account: ACCOUNT, trustedAccounts: [ARCHIVE] },
    })
  })

  it('tags cannot write lines, here or there', async () => {
    const evil = 'x\nblockRanges: [0.0.0.0/0]\u001b[2J\u202e'
    aws.networks[HOME] = {
      ...aws.networks[HOME]!,
      vpcs: [{ VpcId: 'vpc-0a', OwnerId: ACCOUNT, Tags: [{ Key: 'Name', Value: evil }] }],
    }
    const { out } = await facts('--only', 'vpcs', '--regions', HOME, '--write', file)
    expect(parse(read())).toEqual({ vpcs: ['vpc-0a'] })
    expect([...out, read().trim().split('\n')].flat().join('')).not.toMatch(/\p{Cc}|\p{Cf}/u)
  })

  it.each([
    [['--regions', 'everywhere']],
    [['--regions', '']],
    [['--only', 'vpc']],
    [['--only', ',']],
    [['--stage', 'prod']],
    [['--no-sources']],
    [['amzn-s3-demo-bucket']],
    [['--write', 'a.yml', '--settings', 'b.yml']],
    [['--settings', 'there-is-none.yml']],
    [['--role-arn', 'me']],
  ])('wrong usage: %s', async (args) => {
    expect((await facts(...args)).code).toBe(2)
    expect(aws.calls()).toEqual([])
  })

  it.each(['--write', '--regions', '--only', '--profile', '--role-arn'])(
    '%s is none of a plain doctor',
    async (option) => {
      const { code, err } = await cli(['doctor', option, 'x'])
      expect([code, err[0]]).toEqual([2, `bucketwatch doctor: ${option} goes with --facts.`])
    },
  )
})

describe('init --from-account', () => {
  it('makes a project whose settings are filled', async () => {
    const project = path.join(folder, 'ours')
    const { code, out } = await cli(['init', project, '--from-account', '--region', HOME])
    expect(code).toBe(0)
    expect(out.at(-1)).toMatch(/^Next: /)
    const text = readFileSync(path.join(project, 'settings.yml'), 'utf8')
    expect(text).toContain('# Other accounts that count as yours.')
    expect(parse(text)).toMatchObject({
      account: ACCOUNT,
      organizations: ['o-exampleorgid'],
      about: expect.any(String),
    })
    expect((await cli(['init', project, '--from-account'])).err).toEqual([
      expect.stringContaining('nothing was changed'),
    ])
  })

  it('without credentials makes nothing', async () => {
    aws.sts.on(GetCallerIdentityCommand).rejects(refuse('ExpiredToken'))
    const project = path.join(folder, 'none')
    expect((await cli(['init', project, '--from-account', '--region', HOME])).code).toBe(1)
    expect(existsSync(project)).toBe(false)
  })

  it('its options are none of a plain init', async () => {
    const { code, err } = await cli(['init', path.join(folder, 'none'), '--regions', HOME])
    expect([code, err[0]]).toEqual([2, 'bucketwatch init: --regions goes with --from-account.'])
  })
})

describe('the settings in a plain doctor', () => {
  const io = { env: {}, now: () => 0, progress() {} } as unknown as Io
  const look = async (text: string) => {
    write(text)
    const found = await settingsFindings({ settings: file, region: HOME }, io)
    return found.map(({ level, what }) => `${level} ${what}`)
  }
  const SOUND = `account: '${ACCOUNT}'\ntrustedAccounts: ['${ARCHIVE}']\norganizations: [o-exampleorgid]\n`

  it('say what AWS says, and only what they speak of is asked for', async () => {
    expect(await look(SOUND)).toEqual(['ok They say of the account what AWS says.'])
    expect(new Set(aws.calls())).toEqual(
      new Set(['GetCallerIdentityCommand', 'DescribeOrganizationCommand', 'ListAccountsCommand']),
    )
  })

  it.each<[string, string, string[]]>([
    [
      'an account and the organization that are missing',
      `account: '${ACCOUNT}'\n`,
      [`note trustedAccounts lacks ${ARCHIVE} (log-archive).`, 'note organizations lacks o-exampleorgid.'],
    ],
    [
      'a VPC that is missing and one that is gone',
      `${SOUND}vpcs:\n  - vpc-0a\n  - vpc-0b\n  - vpc-0z # old, ${ACCOUNT} ${HOME}\n`,
      [`note vpcs lacks vpc-0c (${ACCOUNT} ${OTHER}).`, `note vpcs has vpc-0z: no VPC of ${ACCOUNT}.`],
    ],
    [
      'an account that is closed, beside a partner’s',
      SOUND.replace(`'${ARCHIVE}'`, `'${ARCHIVE}', '${CLOSED}', '222233334444'`),
      [`note trustedAccounts has ${CLOSED}: an account of the organization that is SUSPENDED.`],
    ],
    [
      'a bucket that anybody may make, beside one of a partner’s',
      `${SOUND}logBuckets: [amzn-s3-demo-gone, amzn-s3-demo-partner]\n`,
      ['warn logBuckets has amzn-s3-demo-gone: there is no such bucket, and anybody may make one.'],
    ],
    [
      'the settings of another account',
      `account: '${STRANGER}'\n`,
      [`warn The settings are those of ${STRANGER}, and do not know ${ACCOUNT}, whose credentials these are.`],
    ],
    [
      'an invalid file',
      'vpcs: vpc-0a\n',
      [expect.stringMatching(/^warn Could not compare the settings: \S+settings-\d+\.yml:1:7 vpcs: expected a list/)],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await look(text)).toEqual(expected)
  })

  it('what may not be read is a note', async () => {
    aws.organizations.on(ListAccountsCommand).rejects(refuse('AccessDeniedException', 400, 'You may not'))
    expect(await look(SOUND)).toEqual([
      expect.stringMatching(
        /^note Not compared: could not read trustedAccounts of \d+: needs organizations:ListAccounts/,
      ),
    ])
  })

  it('that are not given, or not there, are said to be', async () => {
    const missing = await settingsFindings({ settings: `${file}.none`, region: HOME }, io)
    expect(missing).toMatchObject([{ level: 'warn', what: 'There is no such settings file.' }])
    expect(await settingsFindings({ region: HOME }, io)).toMatchObject([
      { level: 'note', subject: 'settings', what: expect.stringContaining('No settings file is given') },
    ])
    expect(aws.calls()).toEqual([])
  })
})
