import { createAwsForwarder } from '../shared/lambda/forwarder.ts'

/** Lambda `cloudtrail`: CloudTrail objects named by S3, SNS, EventBridge or SQS events → log events. */
export const handler = createAwsForwarder('cloudtrail')
