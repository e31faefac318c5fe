/** Topics: `alarms` carries CloudWatch's raw notifications to the alert function, `alerts` what people read, `chat` the
 * same as Amazon Q Developer takes it. */
import { denyWithoutTls, getAtt, localArn, policyDocument, type Resources, ref, type Statement, sub } from './cfn.ts'
import { type Context, IDS } from './context.ts'

export function topics(context: Context): Resources {
  const key = context.parameters.kmsKeyArn ?? ref(IDS.key)
  const topic = (name: string) => ({
    Type: 'AWS::SNS::Topic',
    Properties: { TopicName: `${context.name}-${name}`, KmsMasterKeyId: key },
  })
  const policy = (id: string) => ({
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [ref(id)],
      PolicyDocument: policyDocument([
        // Nothing but custom notifications of ours goes to chats.
        ...(id === IDS.chatTopic ? [] : [ownAlarms(context, id)]),
        denyWithoutTls('sns:Publish', ref(id)),
      ]),
    },
  })
  const alertFunction = getAtt('AlertLambdaFunction', 'Arn')
  return {
    [IDS.alarmsTopic]: topic('alarms'),
    [`${IDS.alarmsTopic}Policy`]: policy(IDS.alarmsTopic),
    // The pipeline's own alarms go straight to people: they must arrive when the alert function is what is broken.
    [IDS.alertsTopic]: topic('alerts'),
    [`${IDS.alertsTopic}Policy`]: policy(IDS.alertsTopic),
    ...(context.parameters.chatTopic
      ? { [IDS.chatTopic]: topic('chat'), [`${IDS.chatTopic}Policy`]: policy(IDS.chatTopic) }
      : {}),
    AlertSubscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: ref(IDS.alarmsTopic),
        Protocol: 'lambda',
        Endpoint: alertFunction,
        RedrivePolicy: { deadLetterTargetArn: getAtt(IDS.alertQueue, 'Arn') },
      },
    },
    AlertPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: alertFunction,
        Action: 'lambda:InvokeFunction',
        Principal: 'sns.amazonaws.com',
        SourceArn: ref(IDS.alarmsTopic),
      },
    },
    ...Object.fromEntries(
      context.parameters.alertEmails.map((address, index) => [
        `AlertEmail${index + 1}`,
        {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: ref(IDS.alertsTopic), Protocol: 'email', Endpoint: address },
        },
      ]),
    ),
  }
}

const ownAlarms = (context: Context, id: string): Statement => ({
  Sid: 'AllowOwnAlarms',
  Effect: 'Allow',
  Principal: { Service: 'cloudwatch.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: ref(id),
  Condition: {
    StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') },
    ArnLike: { 'aws:SourceArn': localArn('cloudwatch', `alarm:${context.name}-*`) },
  },
})

/**
 * The key of the topics and, when asked for, of the log groups; only where no key is given as a parameter. The key
 * that AWS manages for SNS will not do: CloudWatch alarms may not use it, and the notification is lost.
 */
export function encryption(context: Context): Resources {
  const { kmsKeyArn, encryptLogGroups } = context.parameters
  if (kmsKeyArn !== undefined) return {}
  return {
    [IDS.key]: {
      Type: 'AWS::KMS::Key',
      // Evidence that outlives the stack cannot be read without it.
      ...(encryptLogGroups ? { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' } : {}),
      Properties: {
        Description: `${context.name}: alerts${encryptLogGroups ? ' and log groups' : ''}`,
        EnableKeyRotation: true,
        KeyPolicy: policyDocument(keyStatements(context)),
      },
    },
  }
}

/** What a key's policy must say for this stack; a key given as a parameter needs the same (docs/deploying.md). */
export function keyStatements(context: Context): Statement[] {
  const use = ['kms:Decrypt', 'kms:GenerateDataKey*']
  return [
    {
      Sid: 'AllowAccount',
      Effect: 'Allow',
      Principal: { AWS: sub(`arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root`) },
      Action: 'kms:*',
      Resource: '*',
    },
    {
      Sid: 'AllowAlarms',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: use,
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } },
    },
    ...(context.parameters.encryptLogGroups
      ? [
          {
            Sid: 'AllowLogs',
            Effect: 'Allow' as const,
            Principal: { Service: sub(`logs.\${AWS::Region}.\${AWS::URLSuffix}`) },
            Action: [...use, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:DescribeKey'],
            Resource: '*',
            Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': localArn('logs', 'log-group:*') } },
          },
        ]
      : []),
  ]
}
