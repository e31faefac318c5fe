import { describe, expect, it } from 'vitest'
import { type DeployedTemplate, resolveTemplate, Unresolved } from '../../shared/doctor/template-values.ts'

const stack = (properties: unknown, more: Partial<DeployedTemplate> = {}): DeployedTemplate => ({
  stackName: 'bucketwatch-prod',
  stackId: 'arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/bucketwatch-prod/1234abcd',
  accountId: '111122223333',
  region: 'cn-north-1',
  partition: 'aws-cn',
  urlSuffix: 'amazonaws.com.cn',
  parameters: { Days: '90' },
  template: {
    Resources: {
      Looked: { Type: 'AWS::SQS::Queue', Properties: properties },
      Role: { Type: 'AWS::IAM::Role', Properties: { Path: '/security/' } },
    },
  },
  resources: [
    { logicalId: 'Looked', type: 'AWS::SQS::Queue', physicalId: 'https://sqs.example/111122223333/looked' },
    { logicalId: 'Role', type: 'AWS::IAM::Role', physicalId: 'bucketwatch-prod-Role-EXAMPLE' },
    { logicalId: 'Key', type: 'AWS::KMS::Key', physicalId: '1234abcd' },
    { logicalId: 'Topic', type: 'AWS::SNS::Topic', physicalId: 'arn:aws-cn:sns:cn-north-1:111122223333:topic' },
    { logicalId: 'Odd', type: 'AWS::Example::Thing', physicalId: 'odd' },
  ],
  ...more,
})
const resolved = (value: unknown) => resolveTemplate(stack({ value }))[0]?.properties.value

describe('resolveTemplate', () => {
  it.each<[string, unknown, unknown]>([
    ['a plain value', 90, 90],
    ['a resource', { Ref: 'Topic' }, 'arn:aws-cn:sns:cn-north-1:111122223333:topic'],
    ['a parameter', { Ref: 'Days' }, '90'],
    ['the account', { Ref: 'AWS::AccountId' }, '111122223333'],
    ['an ARN made of a URL', { 'Fn::GetAtt': ['Looked', 'Arn'] }, 'arn:aws-cn:sqs:cn-north-1:111122223333:looked'],
    ['an attribute with a dot', { 'Fn::GetAtt': 'Looked.QueueName' }, 'looked'],
    [
      'the ARN of a role in a path',
      { 'Fn::GetAtt': ['Role', 'Arn'] },
      'arn:aws-cn:iam::111122223333:role/security/bucketwatch-prod-Role-EXAMPLE',
    ],
    ['the ARN of a key', { 'Fn::GetAtt': ['Key', 'Arn'] }, 'arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd'],
    [
      'text with variables',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how CloudFormation writes it.
      { 'Fn::Sub': 'logs.${AWS::Region}.${AWS::URLSuffix} ${Looked.QueueName} ${!Literal}' },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: and that is what stays.
      'logs.cn-north-1.amazonaws.com.cn looked ${Literal}',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how CloudFormation writes it.
    ['text with its own variables', { 'Fn::Sub': ['a ${b}', { b: { Ref: 'Days' } }] }, 'a 90'],
    ['a list joined', { 'Fn::Join': [',', [{ Ref: 'Days' }, 'b']] }, '90,b'],
    ['one of a list', { 'Fn::Select': ['1', ['a', { Ref: 'Days' }]] }, '90'],
    ['no value in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['no value in an object', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
  ])('%s', (_, value, wanted) => {
    expect(resolved(value)).toEqual(wanted)
  })

  it.each<[string, unknown, string]>([
    ['an import', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue'],
    ['an attribute without a rule', { 'Fn::GetAtt': ['Odd', 'Arn'] }, 'Fn::GetAtt Odd.Arn'],
    ['a resource that is not there', { Ref: 'Nothing' }, 'Ref Nothing'],
    ['text around it', { 'Fn::Join': ['', ['a', { Ref: 'Nothing' }]] }, 'Ref Nothing'],
  ])('%s stays open', (_, value, what) => {
    expect(resolved(value)).toEqual(new Unresolved(what))
  })

  it('leaves out what a condition left out, and what is not in the template', () => {
    const found = resolveTemplate(stack({}, { resources: [{ logicalId: 'Odd', type: 'x', physicalId: 'odd' }] }))
    expect(found).toEqual([])
  })
})
