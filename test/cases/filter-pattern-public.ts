import type { LintRule, LintSeverity } from '../../shared/filter-pattern/lint-report.ts'
import type { RecordSchemaName } from '../../shared/filter-pattern/record-schemas.ts'

/**
 * Patterns of the kinds that people publish (benchmarks, modules, guides, questions), with the records they are written
 * for and exactly what the linter has to say of them: nothing where nothing is wrong.
 */
export interface PublicPattern {
  readonly pattern: string
  /** Undefined: not told by the keys. */
  readonly as?: RecordSchemaName
  readonly findings: readonly `${LintSeverity} ${LintRule}`[]
}

export const PUBLIC_PATTERNS: readonly PublicPattern[] = [
  {
    pattern: '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }',
    as: 'raw',
    findings: ['warning or-negation', 'warning or-negation'],
  },
  {
    pattern: '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && (($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket")) }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket")}',
    as: 'raw',
    findings: ['warning mixed-precedence'],
  },
  {
    pattern: '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != "Yes") && ($.responseElements.ConsoleLogin != "Failure") && ($.additionalEventData.SamlProviderArn NOT EXISTS) }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" && $.userIdentity.sessionContext.assumedRoot != "true" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ($.eventName=StartLogging) || ($.eventName=StopLogging)}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventName = ConsoleLogin) && ($.responseElements.ConsoleLogin != "Success") }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.eventName = "ConsoleLogin" && $.userIdentity.type != "AssumedRole" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.eventName = "ConsoleLogin" && $.sourceIPAddress != "192.0.2.*" && $.sourceIPAddress != "198.51.100.*" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.eventName = "ConsoleLogin" && $.sourceIPAddress != "192.0.2.0/24" }',
    as: 'raw',
    findings: ['warning address-range'],
  },
  {
    pattern: '{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventSource = s3.amazonaws.com) && (($.eventName = PutBucketAcl) || ($.eventName = PutBucketPolicy) || ($.eventName = DeleteBucketPolicy)) }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{($.eventSource = "config.amazonaws.com") && (($.eventName = "StopConfigurationRecorder") || ($.eventName = "DeleteDeliveryChannel"))}',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventSource = organizations.amazonaws.com) && (($.eventName = "AcceptHandshake") || ($.eventName = "LeaveOrganization")) }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.eventName = "AuthorizeSecurityGroupIngress") && ($.requestParameters.ipPermissions.items[0].ipRanges.items[0].cidrIp = "0.0.0.0/0") }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.eventName = "AssumeRole" && $.requestParameters.roleArn = "arn:aws:iam::111122223333:role/Admin*" && $.userIdentity.type != "AWSService" }',
    as: 'raw',
    findings: ['info not-equal-absent'],
  },
  {
    pattern: '{ $.eventName = "RunInstances" && $.requestParameters.instanceType != "t3.*" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.errorCode = "AccessDenied" && $.userIdentity.invokedBy != "cloudformation.amazonaws.com" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.errorCode = "AccessDenied*" && $.userIdentity.arn != "arn:aws:sts::111122223333:assumed-role/scanner/*" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.userIdentity.type = "AssumedRole" && $.userIdentity.sessionContext.sessionIssuer.userName != "Deployer" && $.eventName = "Put*" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.type = "IAMUser" && $.userIdentity.userName != "ci" && $.eventName = "CreateAccessKey" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.sessionContext.attributes.mfaAuthenticated != "true" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.userIdentity.type = "AssumedRole" && $.userIdentity.sessionContext.attributes.mfaAuthenticated != "true" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.sessionContext.attributes.mfaAuthenticated IS FALSE }',
    as: 'raw',
    findings: ['error text-boolean'],
  },
  {
    pattern: '{ ($.managementEvent is true) && ($.readOnly is true) && ($.userAgent != "*Terraform*") }',
    as: 'raw',
    findings: ['info keyword-case', 'info keyword-case', 'info not-equal-absent'],
  },
  {
    pattern: '{ $.readOnly = false && $.eventSource = "iam.amazonaws.com" }',
    as: 'raw',
    findings: ['error boolean-comparison'],
  },
  {
    pattern: '{ $.readOnly = "false" && $.eventSource = "iam.amazonaws.com" }',
    as: 'raw',
    findings: ['error boolean-comparison'],
  },
  {
    pattern: '{ $.readOnly IS FALSE && $.awsRegion != "eu-central-1" && $.awsRegion != "us-east-1" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.awsRegion != "eu-*" || $.awsRegion != "us-*" }',
    as: 'raw',
    findings: ['error always-true'],
  },
  {
    pattern: '{ $.recipientAccountId != "111122223333" && $.eventName = "AssumeRole" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.tlsDetails.tlsVersion = "TLSv1" || $.tlsDetails.tlsVersion = "TLSv1.1" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.tlsDetails.tlsVersion != "TLSv1.3" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.eventName = "GetSecretValue" && $.userIdentity.principalId != "*:app" && $.userIdentity.principalId = "*" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.userIdentity.userName = "canary") || ($.userIdentity.accessKeyId = "AKIAIOSFODNN7EXAMPLE") }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.sessionContext.sessionIssuer.arn NOT EXISTS || $.userIdentity.sessionContext.sessionIssuer.arn != "arn:aws:iam::111122223333:role/w" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.userIdentity.type != "AssumedRole") || ($.userIdentity.sessionContext.sessionIssuer.userName != "Scanner") }',
    as: 'raw',
    findings: ['info not-equal-absent', 'warning or-negation', 'warning or-negation'],
  },
  {
    pattern: '{ ($.eventName = "DeleteBucket") && (($.userIdentity.type != "AssumedRole") || ($.userIdentity.sessionContext.sessionIssuer.userName != "Janitor")) }',
    as: 'raw',
    findings: ['info not-equal-absent'],
  },
  {
    pattern: '{ $.eventname = "DeleteBucket" }',
    as: 'raw',
    findings: ['warning unknown-key'],
  },
  {
    pattern: '{ $.eventName = "deletebucket" || $.eventName = "DeleteBucket" }',
    as: 'raw',
    findings: ['info case-variants'],
  },
  {
    pattern: '{ $.userIdentity.username = "alice" }',
    as: 'raw',
    findings: ['warning unknown-key'],
  },
  {
    pattern: '{ $.errorcode = "AccessDenied" && $.eventSource != "s3.amazonaws.com" }',
    as: 'raw',
    findings: ['warning unknown-key'],
  },
  {
    pattern: '{ $.eventSource = "s3.amazonaws.com" && $.errorCode NOT EXISTS && $.requestParameters.x-amz-acl = "public-read*" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.eventSource = "s3.amazonaws.com" && $.additionalEventData.AuthenticationMethod != "AuthHeader" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.userAgent = "*kali*" || $.userAgent = "*Kali*" || $.userAgent = "*pentoo*" }',
    as: 'raw',
    findings: ['info case-variants'],
  },
  {
    pattern: '{ $.userAgent = "%[Kk]ali|parrot%" }',
    as: 'raw',
    findings: ['warning quoted-regex'],
  },
  {
    pattern: '{ $.eventName = %^(Put|Delete)% }',
    findings: ['error syntax'],
  },
  {
    pattern: '{ $.eventSource == "iam.amazonaws.com" }',
    findings: ['error syntax'],
  },
  {
    pattern: `{ $.eventSource = 'iam.amazonaws.com' }`,
    findings: ['error syntax'],
  },
  {
    pattern: '{ $.eventName = "DeleteUser" and $.errorCode NOT EXISTS }',
    findings: ['error syntax'],
  },
  {
    pattern: '{ $.eventType != "AwsServiceEvent" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.requestParameters.bucketName = "amzn-s3-demo-*-logs" }',
    as: 'raw',
    findings: ['warning mid-string-wildcard'],
  },
  {
    pattern: '{ $.resources[*].ARN = "arn:aws:s3:::amzn-s3-demo-bucket/*" && $.eventName = "GetObject" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.resources[*].accountId != "111122223333" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.operation = "REST.GET.OBJECT" && $.requester IS NULL }',
    as: 'native',
    findings: [],
  },
  {
    pattern: '{ $.error_code != "NoSuchKey" && $.http_status >= 400 }',
    as: 'native',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.requester != "arn:aws:iam::111122223333:*" && $.operation = "REST.DELETE.OBJECT" }',
    as: 'native',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.http_status = "403" && $.bucket_name != "amzn-s3-demo-public" }',
    as: 'native',
    findings: [],
  },
  {
    pattern: '{ $.action = "object.read" && $.anonymous IS TRUE }',
    as: 'lean',
    findings: [],
  },
  {
    pattern: '{ $.weakens = true }',
    as: 'lean',
    findings: ['error boolean-comparison'],
  },
  {
    pattern: '{ $.tool != "terraform" && $.action != "object.read" }',
    as: 'lean',
    findings: [],
  },
  {
    pattern: '{ $.tool != "terraform" && $.toolRisk != "iac" }',
    as: 'lean',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.public IS TRUE && $.actor != "arn:aws:iam::111122223333:role/Deployer" }',
    as: 'lean',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.level = "error" || $.level = "fatal" }',
    findings: [],
  },
  {
    pattern: '{ $.statusCode >= 500 && $.path != "/health" }',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: 'ERROR',
    findings: [],
  },
  {
    pattern: '[ERROR]',
    findings: ['warning bracketed-term'],
  },
  {
    pattern: '"[ERROR]"',
    findings: [],
  },
  {
    pattern: 'ERROR || WARN',
    findings: ['error syntax'],
  },
  {
    pattern: '?ERROR ?WARN ?Exception',
    findings: [],
  },
  {
    pattern: '?ERROR ?Error -"expected error"',
    findings: ['warning optional-ignored', 'warning optional-ignored', 'warning exclude-only'],
  },
  {
    pattern: 'ERROR OR Exception',
    findings: ['warning operator-word'],
  },
  {
    pattern: '"*Task timed out*"',
    findings: ['warning literal-asterisk'],
  },
  {
    pattern: '"Task timed out after"',
    findings: [],
  },
  {
    pattern: '%ERROR|WARN%',
    findings: [],
  },
  {
    pattern: '-"health check"',
    findings: ['warning exclude-only'],
  },
  {
    pattern: 'REPORT RequestId Duration',
    findings: [],
  },
  {
    pattern: '[ip, id, user, timestamp, request, status_code = 4*, size]',
    findings: [],
  },
  {
    pattern: '[ip, id, user, timestamp, request, status_code, size]',
    findings: [],
  },
  {
    pattern: '[..., status_code = 5*, size]',
    findings: [],
  },
  {
    pattern: '[owner, bucket, time, ip, requester, id, op = "REST.GET.OBJECT", key, uri, status = 403, ...]',
    findings: [],
  },
  {
    pattern: '[version, account, eni, source, destination, srcport, destport="22", protocol="6", packets, bytes, windowstart, windowend, action="REJECT", flowlogstatus]',
    findings: [],
  },
  {
    pattern: '{ $.detail-type = "AWS API Call via CloudTrail" && $.detail.eventName = "StopLogging" }',
    findings: [],
  },
  {
    pattern: '{ $.userIdentity.sessionContext.sessionIssuer.userName != "AWSReservedSSO_*" && $.eventName = "DeleteTrail" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = ModifyVpcAttribute) }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.vpcEndpointId NOT EXISTS && $.eventSource = "s3.amazonaws.com" && $.eventName = "GetObject" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.vpcEndpointId != "vpce-0example" && $.eventName = "GetObject" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.eventCategory = "Data" && $.eventCategory = "Management" }',
    as: 'raw',
    findings: ['error never-matches'],
  },
  {
    pattern: '{ $.errorCode = "*" && $.errorCode != "NoSuchKey" && $.errorCode != "NoSuchTagSet" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ ($.errorCode = "AccessDenied" || $.errorCode = "*Unauthorized*") && $.errorCode != "Client.UnauthorizedOperation" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.latency > 1000 && $.latency < 500 }',
    findings: ['error never-matches'],
  },
  {
    pattern: '{ $.additionalEventData.MFAUsed = "No" && $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "Success" }',
    as: 'raw',
    findings: [],
  },
  {
    pattern: '{ $.responseElements.ConsoleLogin = "Failure" && $.userIdentity.userName != "HIDDEN_DUE_TO_SECURITY_REASONS" }',
    as: 'raw',
    findings: ['warning not-equal-absent'],
  },
  {
    pattern: '{ $.remote_ip != "10.0.0.0/8" && $.tls_version != "TLSv1.3" }',
    as: 'native',
    findings: ['info not-equal-absent', 'warning address-range', 'warning not-equal-absent'],
  },
  {
    pattern: '{ $.sessionCredentialFromConsole IS TRUE && $.eventName = "Delete*" }',
    as: 'raw',
    findings: ['error text-boolean'],
  },
]
