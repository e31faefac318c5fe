/** Policies in other spellings: whom they let in, whom they shut out, and the ordinary ones that look alike. */
import { A, B, pol, type Variant } from './variant-calls.ts'

const US = '111122223333'
const THEM = '444455556666'
const D = (
  principal: unknown,
  condition?: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  Effect: 'Deny',
  Principal: principal,
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${B}`, `arn:aws:s3:::${B}/*`],
  ...(condition === undefined ? {} : { Condition: condition }),
  ...more,
})
const pub = ['s3-policy-public']
const ext = ['s3-policy-external']
const lock = ['s3-policy-lockout']
const q = ['!s3-policy-public', '!s3-policy-external', '!s3-policy-lockout']
const CF = { Service: 'cloudfront.amazonaws.com' }

export const POLICIES: readonly Variant[] = [
  ['AWS array star only', pol(A({ AWS: ['*'] })), pub],
  ['OrgPaths *', pol(A('*', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': '*' } })), pub],
  [
    'ForAllValues PrincipalOrgID ours',
    pol(A('*', { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-exampleorgid' } })),
    pub,
    { organizations: ['o-exampleorgid'] },
  ],
  ['PrincipalArn *', pol(A('*', { StringLike: { 'aws:PrincipalArn': '*' } })), pub],
  ['PrincipalArn arn:aws:iam::*', pol(A('*', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:*' } })), pub],
  ['PrincipalAccount ????', pol(A('*', { StringLike: { 'aws:PrincipalAccount': '????????????' } })), pub],
  ['SourceVpce vpce-*', pol(A('*', { StringLike: { 'aws:SourceVpce': 'vpce-*' } })), pub],
  ['SourceVpc vpc-*', pol(A('*', { StringLike: { 'aws:SourceVpc': 'vpc-*' } })), pub],
  ['Null principal arn false', pol(A('*', { Null: { 'aws:PrincipalArn': 'false' } })), pub],
  ['ViaAWSService', pol(A('*', { Bool: { 'aws:ViaAWSService': 'true' } })), pub],
  ['MFA present', pol(A('*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })), pub],
  ['signatureAge', pol(A('*', { NumericLessThan: { 's3:signatureAge': '600000' } })), pub],
  ['authType', pol(A('*', { StringEquals: { 's3:authType': 'REST-QUERY-STRING' } })), pub],
  [
    'StringNotLike arn',
    pol(A('*', { StringNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/x' } })),
    pub,
  ],
  [
    'ip ours plus all',
    pol(A('*', { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/0'] } })),
    pub,
    { allowRanges: ['203.0.113.0/24'] },
  ],
  ['ip ifexists all', pol(A('*', { IpAddressIfExists: { 'aws:SourceIp': '0.0.0.0/0' } })), pub],
  [
    'ip 16 quarters',
    pol(A('*', { IpAddress: { 'aws:SourceIp': Array.from({ length: 16 }, (_, i) => `${i * 16}.0.0.0/4`) } })),
    pub,
  ],
  ['vpcsourceip 10/8', pol(A('*', { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } })), pub],
  ['second statement', pol([A({ AWS: US }), A('*')]), pub],
  ['put public', pol(A('*', undefined, { Action: 's3:PutObject' })), pub],
  [
    'list public array action',
    pol(A('*', undefined, { Action: ['s3:ListBucket', 's3:GetBucketLocation'], Resource: `arn:aws:s3:::${B}` })),
    pub,
  ],
  ['empty condition', pol(A('*', {})), pub],
  ['empty operator', pol(A('*', { StringEquals: {} })), pub],
  ['empty value list', pol(A('*', { StringEquals: { 'aws:SourceAccount': [] } })), pub],
  [
    'notresource',
    pol({ Effect: 'Allow', Principal: '*', Action: 'S3:GETOBJECT', NotResource: `arn:aws:s3:::${B}/secret/*` }),
    pub,
  ],
  [
    'PrincipalServiceName cloudfront',
    pol(A('*', { StringEquals: { 'aws:PrincipalServiceName': 'cloudfront.amazonaws.com' } })),
    pub,
  ],
  [
    'PrincipalServiceNamesList',
    pol(A('*', { 'ForAnyValue:StringEquals': { 'aws:PrincipalServiceNamesList': 'cloudfront.amazonaws.com' } })),
    pub,
  ],
  [
    'PrincipalServiceName + our sourcearn',
    pol(
      A('*', {
        StringEquals: {
          'aws:PrincipalServiceName': 'cloudfront.amazonaws.com',
          'aws:SourceArn': `arn:aws:cloudfront::${US}:distribution/E1`,
        },
      }),
    ),
    q,
  ],
  ['Service star', pol(A({ Service: '*' })), pub],
  [
    'cf sourcearn wildcard acct',
    pol(A(CF, { StringLike: { 'aws:SourceArn': 'arn:aws:cloudfront::*:distribution/*' } })),
    pub,
  ],
  ['cf sourcearn star', pol(A(CF, { ArnLike: { 'aws:SourceArn': '*' } })), pub],
  ['cf sourceaccount star', pol(A(CF, { StringLike: { 'aws:SourceAccount': '*' } })), pub],
  ['cf sourceaccount notequals', pol(A(CF, { StringNotEquals: { 'aws:SourceAccount': THEM } })), pub],
  ['cf account ifexists', pol(A(CF, { StringEqualsIfExists: { 'aws:SourceAccount': US } })), pub],
  [
    'cf org ours',
    pol(A(CF, { StringEquals: { 'aws:SourceOrgID': 'o-exampleorgid' } })),
    q,
    { organizations: ['o-exampleorgid'] },
  ],
  ['cf org foreign', pol(A(CF, { StringEquals: { 'aws:SourceOrgID': 'o-attackerorg1' } })), ext],
  [
    'cf our wildcard distribution',
    pol(A(CF, { ArnLike: { 'AWS:SourceArn': `arn:aws:cloudfront::${US}:distribution/*` } })),
    q,
  ],
  ['svc list', pol(A({ Service: ['cloudtrail.amazonaws.com', 'cloudfront.amazonaws.com'] })), pub],
  ['bedrock service get nocond', pol(A({ Service: 'bedrock.amazonaws.com' })), pub],
  ['transfer service all', pol(A({ Service: 'transfer.amazonaws.com' }, undefined, { Action: 's3:*' })), pub],
  ['q svc logging', pol(A({ Service: 'logging.s3.amazonaws.com' }, undefined, { Action: 's3:PutObject' })), q],
  [
    'q svc config',
    pol(
      A({ Service: 'config.amazonaws.com' }, undefined, {
        Action: ['s3:GetBucketAcl', 's3:ListBucket', 's3:PutObject'],
      }),
    ),
    q,
  ],
  [
    'q svc delivery',
    pol(
      A(
        { Service: 'delivery.logs.amazonaws.com' },
        { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
        { Action: 's3:PutObject' },
      ),
    ),
    q,
  ],
  [
    'q billing',
    pol(
      A({ Service: 'billingreports.amazonaws.com' }, undefined, {
        Action: ['s3:GetBucketAcl', 's3:GetBucketPolicy', 's3:PutObject'],
      }),
    ),
    q,
  ],
  ['sts fed user foreign', pol(A({ AWS: `arn:aws:sts::${THEM}:federated-user/x` })), ext],
  ['assumed role foreign', pol(A({ AWS: `arn:aws:sts::${THEM}:assumed-role/r/s` })), ext],
  ['gov foreign', pol(A({ AWS: `arn:aws-us-gov:iam::${THEM}:root` })), ext],
  ['array ours+foreign', pol(A({ AWS: [US, `arn:aws:iam::${US}:role/a`, `arn:aws:iam::${THEM}:role/b`] })), ext],
  [
    'named + our org',
    pol(A({ AWS: THEM }, { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } })),
    q,
    { organizations: ['o-exampleorgid'] },
  ],
  [
    'named + ip',
    pol(A({ AWS: THEM }, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })),
    ext,
    { allowRanges: ['203.0.113.0/24'] },
  ],
  [
    'named + our org ifexists',
    pol(A({ AWS: THEM }, { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-exampleorgid' } })),
    ext,
    { organizations: ['o-exampleorgid'] },
  ],
  [
    'foreign oidc',
    pol(A({ Federated: `arn:aws:iam::${THEM}:oidc-provider/token.actions.githubusercontent.com` })),
    ext,
  ],
  [
    'cognito aud quiet',
    pol(
      A(
        { Federated: 'cognito-identity.amazonaws.com' },
        { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-central-1:0a1b' } },
      ),
    ),
    q,
  ],
  ['facebook', pol(A({ Federated: 'graph.facebook.com' })), ext],
  [
    'canonical array one foreign',
    pol(A({ CanonicalUser: ['a'.repeat(64), 'b'.repeat(64)] })),
    ext,
    { canonicalIds: ['a'.repeat(64)] },
  ],
  ['q canonical ours', pol(A({ CanonicalUser: 'a'.repeat(64) })), q, { canonicalIds: ['a'.repeat(64)] }],
  ['q unique id left of a deleted role', pol(A({ AWS: 'AROAEXAMPLEDELETED123' })), q],
  ['q own arnlike', pol(A('*', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${US}:role/*` } })), q],
  [
    'org ours+foreign',
    pol(A('*', { StringEquals: { 'aws:PrincipalOrgID': ['o-exampleorgid', 'o-strangerorg1'] } })),
    ext,
    { organizations: ['o-exampleorgid'] },
  ],
  [
    'q ignorecase org',
    pol(A('*', { StringEqualsIgnoreCase: { 'aws:principalorgid': 'o-exampleorgid' } })),
    q,
    { organizations: ['o-exampleorgid'] },
  ],
  ['q ap delegation', pol(A('*', { StringEquals: { 's3:DataAccessPointAccount': US } }, { Action: '*' })), q],
  [
    'ap arn foreign',
    pol(
      A(
        '*',
        { ArnLike: { 's3:DataAccessPointArn': `arn:aws:s3:eu-central-1:${THEM}:accesspoint/*` } },
        { Action: '*' },
      ),
    ),
    ext,
  ],
  ['ap network origin only', pol(A('*', { StringEquals: { 's3:AccessPointNetworkOrigin': 'VPC' } })), pub],
  // lockouts
  ['lock own root', pol(D({ AWS: `arn:aws:iam::${US}:root` })), lock],
  ['lock own account id', pol(D({ AWS: US })), lock],
  [
    'lock all but one arn cond',
    pol(D('*', { StringNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${US}:role/x` } })),
    lock,
  ],
  ['lock notaction', pol(D('*', undefined, { Action: undefined, NotAction: 's3:GetBucketPolicy' })), lock],
  ['lock s3:*Object', pol(D('*', undefined, { Action: 's3:*Object' })), lock],
  ['lock s3:G*', pol(D('*', undefined, { Action: 's3:G*' })), lock],
  ['lock GetObject plain', pol(D('*', undefined, { Action: ['s3:GetObject', 's3:GetObjectVersion'] })), lock],
  ['lock GETOBJECT caps', pol(D('*', undefined, { Action: 'S3:GetObject' })), lock],
  ['lock list of verbs', pol(D('*', undefined, { Action: ['s3:Get*', 's3:List*', 's3:Put*', 's3:Delete*'] })), lock],
  ['lock *:*', pol(D('*', undefined, { Action: '*:*' })), lock],
  ['lock s3:?*', pol(D('*', undefined, { Action: 's3:?*' })), lock],
  ['lock null condition trivially true', pol(D('*', { Null: { 'aws:PrincipalArn': 'false' } })), lock],
  ['lock date past', pol(D('*', { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } })), lock],
  ['lock bool securetransport true', pol(D('*', { Bool: { 'aws:SecureTransport': 'true' } })), lock],
  ['lock array AWS star', pol(D({ AWS: ['*'] })), lock],
  [
    'lock ip foreign',
    pol(D('*', { NotIpAddress: { 'aws:SourceIp': '192.0.2.1/32' } })),
    lock,
    { allowRanges: ['203.0.113.0/24'] },
  ],
  ['q deny insecure', pol(D('*', { Bool: { 'aws:SecureTransport': 'false' } })), q],
  ['q deny tls', pol(D('*', { NumericLessThan: { 's3:TlsVersion': '1.2' } })), q],
  [
    'q deny unencrypted',
    pol(D('*', { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } }, { Action: 's3:PutObject' })),
    q,
  ],
  ['q deny not our org', pol(D('*', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } })), q],
  ['q deny delete', pol(D('*', undefined, { Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'] })), q],
  [
    'q deny not our vpce',
    pol(D('*', { StringNotEquals: { 'aws:SourceVpce': 'vpce-0a1b2c3d' } })),
    q,
    { vpcEndpoints: ['vpce-0a1b2c3d'] },
  ],
  [
    'q deny but several',
    pol(D('*', { ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${US}:role/a`, `arn:aws:iam::${US}:role/b`] } })),
    q,
  ],
  ['q deny foreign account confused', pol(D('*', { StringNotEquals: { 'aws:PrincipalAccount': [US] } })), q],
  ['q deny one user', pol(D({ AWS: `arn:aws:iam::${US}:user/x` })), q],
  ['q deny foreign', pol(D({ AWS: THEM })), q],
]
