/** The AWS SDK clients of targets; apart from the others, so that the forwarders do not carry them. */
import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge'
import { SecurityHubClient, type SecurityHubClientConfig } from '@aws-sdk/client-securityhub'
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm'
import { APP_ID, requestHandler } from './clients.ts'

/** Connections kept alive; a finding is worth a few attempts, and the schedule makes more. */
const COMMON = {
  requestHandler: { ...requestHandler, requestTimeout: 5_000 },
  userAgentAppId: APP_ID,
  maxAttempts: 3,
} as const

export const createSsmClient = (config: SSMClientConfig = {}): SSMClient => new SSMClient({ ...COMMON, ...config })

export const createEventBridgeClient = (config: EventBridgeClientConfig = {}): EventBridgeClient =>
  new EventBridgeClient({ ...COMMON, ...config })

export const createSecurityHubClient = (config: SecurityHubClientConfig = {}): SecurityHubClient =>
  new SecurityHubClient({ ...COMMON, ...config })
