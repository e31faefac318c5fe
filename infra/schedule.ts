/** What calls the alert function every minute: updates, reminders and closings of incidents, and what no target took yet. */
import { getAtt, type Resources } from './cfn.ts'

/** What the alert function knows its schedule by. */
const INPUT = { schedule: 'minute' } as const

/** A rule of EventBridge, whose schedules cost nothing; an invocation with nothing to do takes some 50 ms. */
export function schedule(): Resources {
  const alertFunction = getAtt('AlertLambdaFunction', 'Arn')
  return {
    EveryMinute: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: 'Incidents: what time brings about, and what a target has not taken',
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
        Targets: [
          {
            Id: 'alert',
            Arn: alertFunction,
            Input: JSON.stringify(INPUT),
            // The next minute does what this one could not.
            RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
          },
        ],
      },
    },
    EveryMinutePermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: alertFunction,
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: getAtt('EveryMinute', 'Arn'),
      },
    },
  }
}
