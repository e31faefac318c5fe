import { createAwsForwarder } from '../shared/lambda/forwarder.ts'

/** Lambda `access-log`: S3 server access log objects named by S3, SNS, EventBridge or SQS events → log events. */
export const handler = createAwsForwarder('access-log')
