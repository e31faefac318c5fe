import { describe, expect, test } from 'vitest'
import { deriveTool, isOrdinaryAgent } from '../../shared/derive/tool.ts'

describe('deriveTool', () => {
  test.each([
    [undefined, 'none', 'none'],
    ['', 'none', 'none'],
    ['-', 'none', 'none'],
    ['[]', 'none', 'none'],
    ['aws-cli/2.17.0 md/awscrt#0.20.11 lang/python#3.11.8 command#s3api', 'awscli', 'none'],
    ['[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]', 'awscli', 'none'],
    ['aws-cli/2.15 exec-env/CloudShell command#cloudformation.deploy', 'awscli', 'none'],
    ['[Boto3/1.34.84 md/Botocore#1.34.84 exec-env/AWS_Lambda_python3.11]', 'boto', 'none'],
    ['Botocore/1.29.165', 'boto', 'none'],
    ['aws-sdk-go-v2/1.26.1 os/linux lang/go#1.22.2', 'sdk', 'none'],
    ['[aws-sdk-java/2.25.11 Linux/5.10 io/sync http/Apache]', 'sdk', 'none'],
    ['[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 vendor/Oracle_Corporation]', 'console', 'none'],
    ['console.amazonaws.com', 'console', 'none'],
    ['signin.amazonaws.com', 'console', 'none'],
    ['EC2ConsoleFrontend, aws-internal/3 aws-sdk-java/1.12', 'console', 'none'],
    ['aws-internal/3 aws-sdk-java/1.12.488', 'awsinternal', 'none'],
    ['AWS Internal', 'awsinternal', 'none'],
    ['AWSCloudTrail, aws-internal/3', 'awsinternal', 'none'],
    ['lambda.amazonaws.com', 'awsinternal', 'none'],
    ['Amazon CloudFront', 'awsinternal', 'none'],
    ['cloudformation.amazonaws.com', 'cloudformation', 'iac'],
    [
      '[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-aws/3.76.1 aws-sdk-go/1.44]',
      'terraform',
      'iac',
    ],
    ['APN/1.0 OpenTofu/1.6.0 (+https://opentofu.org) terraform-provider-aws/5.1', 'opentofu', 'iac'],
    ['APN/1.0 Pulumi/1.0 (+https://www.pulumi.com) terraform-provider-aws/5.1', 'pulumi', 'iac'],
    ['aws-sdk-js/2.1 aws-cdk/2.140.0', 'cdk', 'iac'],
    ['APN/1.0 Ansible/2.16 Boto3/1.34', 'ansible', 'iac'],
    ['[rclone/v1.67.0]', 'rclone', 'bulk'],
    ['[S3 Browser/11.6.7 (https://s3browser.com)]', 's3browser', 'bulk'],
    ['Cyberduck/4.2.1 (Mac OS X/10.9.4) (i386)', 'cyberduck', 'bulk'],
    ['WinSCP/6.3.3 neon/0.33.0', 'winscp', 'bulk'],
    ['s3cmd/2.4.0', 's3cmd', 'bulk'],
    ['mountpoint-s3/1.7.2 md/os#linux aws-sdk-rust/1.0', 'mountpoint', 'none'],
    ['aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali5-amd64 source/x86_64.kali.2023 prompt/off', 'kali', 'offensive'],
    ['Boto3/1.26 Linux/5.14.0-9parrot1-amd64', 'parrot', 'offensive'],
    ['aws-cli/1.2 Linux/5.10-pentoo', 'pentoo', 'offensive'],
    ['Pacu/1.5 Boto3/1.26', 'pacu', 'offensive'],
    ['Terraform/1.1.2 stratus-red-team_7d2a6913 HashiCorp-terraform-exec/0.17.3', 'stratus', 'offensive'],
    ['Scout Suite/5.13 Boto3/1.26', 'scoutsuite', 'offensive'],
    ['TruffleHog', 'trufflehog', 'offensive'],
    ['curl/8.5.0', 'curl', 'none'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0', 'browser', 'none'],
    ['[Mozilla/5.0 (iPad; CPU OS 13_1 like Mac OS X)]', 'browser', 'none'],
    ['vertica-v9.3.0-2', 'unknown', 'none'],
    ['kalinka/1.0', 'unknown', 'none'],
    ['capacuity/2', 'unknown', 'none'],
  ])('%s → %s, %s', (userAgent, tool, toolRisk) => {
    expect(deriveTool(userAgent)).toEqual({ tool, toolRisk })
  })
})

describe('isOrdinaryAgent', () => {
  const CLI = 'aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.0 lang/python#3.11.8 cfg/retry-mode#standard'
  const PLAN =
    'APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) terraform-provider-aws/5.42.0 ' +
    '(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.26.1 os/linux lang/go#1.21.8'
  const isOrdinary = (agent: string) => isOrdinaryAgent(agent, deriveTool(agent).tool)

  test.each([
    CLI,
    `[${CLI} md/prompt#off md/command#s3.cp]`,
    '[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]',
    'aws-cli/2.15.30 Python/3.11.8 Linux/6.1.82 exe/x86_64.amzn.2023 prompt/off command/s3.cp',
    PLAN,
    `[${PLAN}]`,
    'APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) aws-sdk-go/1.44.0 (go1.19; linux; amd64)',
    'APN/1.0 OpenTofu/1.0 OpenTofu/1.6.0 (+https://opentofu.org) terraform-provider-aws/5.1',
    'APN/1.0 Pulumi/1.0 PulumiAWS/6.0.0 aws-sdk-go-v2/1.26.1',
    '[Boto3/1.34.84 md/Botocore#1.34.84]',
    'lambda.amazonaws.com',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ])('says no more than the tool: %s', (agent) => {
    expect(isOrdinary(agent)).toBe(true)
  })

  test.each([
    `${CLI} backup-job`,
    `${CLI} team/red`,
    `my ${CLI}`,
    `${PLAN} nightly-drift-check`,
    'Terraform/1.7.5 custom',
    'aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali5-amd64 source/x86_64.kali.2023 prompt/off',
    '[rclone/v1.67.0]',
    'curl/8.5.0',
    'Mozilla/5.0 zgrab/0.x',
    'vertica-v9.3.0-2',
  ])('says more: %s', (agent) => {
    expect(isOrdinary(agent)).toBe(false)
  })
})
