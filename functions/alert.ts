import { createAwsAlerter } from '../shared/lambda/alerter.ts'

/** Lambda `alert`: CloudWatch alarms from the SNS topic `alarms` → alerts that say who, what and where. */
export const handler = createAwsAlerter()
