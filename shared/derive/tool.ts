import type { Tool, ToolRisk } from '../contracts/record.ts'
import { memoize } from './bounded-memo.ts'

/** What a user agent says about the client. */
export interface ToolFacts {
  readonly tool: Tool
  readonly toolRisk: ToolRisk
}

/**
 * Order matters: the first hit wins. Offensive tools come first because they sit on top of ordinary SDKs (Stratus
 * runs Terraform, Kali runs aws-cli); Pulumi and OpenTofu come before Terraform because they carry its AWS provider;
 * aws-cli comes before boto because it is built on botocore.
 */
const RULES: readonly (readonly [Tool, ToolRisk, RegExp])[] = [
  ['kali', 'offensive', /(?<![a-z])kali(?:linux)?(?![a-z])/],
  ['parrot', 'offensive', /(?<![a-z])parrot(?:os|sec|linux)?(?![a-z])/],
  ['pentoo', 'offensive', /pentoo/],
  ['pacu', 'offensive', /(?<![a-z])pacu(?![a-z])/],
  ['stratus', 'offensive', /stratus[-_ ]?red[-_ ]?team/],
  ['scoutsuite', 'offensive', /scout[-_ ]?suite/],
  ['trufflehog', 'offensive', /truffle[-_ ]?hog/],
  ['rclone', 'bulk', /(?<![a-z])rclone(?![a-z])/],
  ['s3browser', 'bulk', /s3[-_ ]?browser/],
  ['cyberduck', 'bulk', /cyberduck/],
  ['winscp', 'bulk', /winscp/],
  ['s3cmd', 'bulk', /(?<![a-z])s3cmd(?![a-z])/],
  ['opentofu', 'iac', /(?<![a-z])opentofu(?![a-z])/],
  ['pulumi', 'iac', /(?<![a-z])pulumi(?![a-z])/],
  ['terraform', 'iac', /(?<![a-z])terraform(?![a-z])/],
  ['cdk', 'iac', /(?<![a-z])(?:aws-)?cdk(?:-cli)?\//],
  // "command#cloudformation.deploy" is somebody typing aws-cli, so the word alone is not enough.
  ['cloudformation', 'iac', /cloudformation\.amazonaws\.com|^(?:aws )?cloudformation\b/],
  ['ansible', 'iac', /(?<![a-z])ansible(?![a-z])/],
  ['mountpoint', 'none', /mountpoint-s3/],
  ['console', 'none', /(?:^|[ ,])[a-z0-9]*console[a-z0-9]*(?:[/, ]|\.amazonaws\.com|$)|^signin\.amazonaws\.com$/],
  ['awscli', 'none', /(?<![a-z])aws-cli\//],
  // An AWS service calling another shows its DNS name, or Amazon's internal client.
  [
    'awsinternal',
    'none',
    /aws[- ]internal|^awscloudtrail\b|^amazon cloudfront\b|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)$/,
  ],
  ['boto', 'none', /(?<![a-z])boto(?:3|core)?\//],
  ['sdk', 'none', /aws[-_]sdk/],
  ['curl', 'none', /(?<![a-z])(?:lib)?curl(?![a-z])/],
  ['browser', 'none', /^(?:mozilla|opera)\b/],
]

/** Software that everybody uses, so that its name is all there is to know. */
const ORDINARY: ReadonlySet<Tool> = new Set<Tool>(['sdk', 'boto', 'console', 'awsinternal', 'mountpoint'])

/** Browsers as they write themselves; scanners that only begin like one do not look like this. */
const ORDINARY_BROWSER =
  /^\[?Mozilla\/5\.0 \([\w .,:;/-]{1,120}\) (?:AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)|Gecko\/[\d.]+)(?: (?:Version|Chrome|CriOS|Safari|Mobile|Firefox|FxiOS|Edg)\/[\w.]+){1,5}\]?$/

/** What SDKs add about themselves and the machine: `os/linux#6.1`, `md/command#s3.cp`. */
const OF_THE_SDK = '(?:ua|os|md|lang|api|cfg|exec-env|ft|m|sid)/[\\w.,:#~+!*-]{1,80}'
const ORDINARY_CLI = new RegExp(
  `^\\[?aws-cli/[\\d.]+(?: (?:${OF_THE_SDK}|(?:Python|Linux|Darwin|Windows|exe|source|prompt|command|[Bb]otocore)/[\\w.-]{1,80})){0,24}\\]?$`,
)
const ORDINARY_PLAN = new RegExp(
  '^\\[?APN/1\\.0 (?:HashiCorp|OpenTofu|Pulumi)/[\\d.]+' +
    `(?: (?:${OF_THE_SDK}|(?:Terraform|OpenTofu|PulumiAWS|terraform-provider-aws|aws-sdk-go|aws-sdk-go-v2)/[\\w.-]{1,40}` +
    '|\\(\\+https://[\\w./-]{1,80}\\)|\\(go[\\d.]+; \\w+; \\w+\\))){0,24}\\]?$',
)

/** Clients that a user agent may only begin like: nothing may stand in it but what they write themselves. */
const AS_WRITTEN: Readonly<Partial<Record<Tool, RegExp>>> = {
  browser: ORDINARY_BROWSER,
  awscli: ORDINARY_CLI,
  terraform: ORDINARY_PLAN,
  opentofu: ORDINARY_PLAN,
  pulumi: ORDINARY_PLAN,
}

/**
 * Whether a user agent says no more than `tool` and which versions there are: an ordinary SDK, browser, AWS CLI,
 * Terraform and its like, the console or AWS itself. Copying and attack tools, everything unknown, and a known client with
 * any word of somebody's own do not count: people look for those by name.
 *
 * @example
 * isOrdinaryAgent('aws-sdk-java/2.25.0', 'sdk') // true
 */
export function isOrdinaryAgent(userAgent: string, tool: Tool): boolean {
  return ORDINARY.has(tool) || AS_WRITTEN[tool]?.test(userAgent) === true
}

/** CloudTrail logs 1 KB of a user agent; the bound keeps a hostile text in an access log from costing time. */
const MAX_LENGTH = 2048

const NONE: ToolFacts = { tool: 'none', toolRisk: 'none' }
const UNKNOWN: ToolFacts = { tool: 'unknown', toolRisk: 'none' }
const FACTS: readonly ToolFacts[] = RULES.map(([tool, toolRisk]) => ({ tool, toolRisk }))

const classify = memoize((userAgent: string): ToolFacts => {
  // S3 wraps the client's text in brackets in its CloudTrail events: "[aws-cli/2.17.0 …]".
  const text = userAgent
    .slice(0, MAX_LENGTH)
    .replace(/^\s*\[/, '')
    .replace(/\]\s*$/, '')
    .trim()
    .toLowerCase()
  if (text === '' || text === '-') return NONE
  const at = RULES.findIndex(([, , pattern]) => pattern.test(text))
  return FACTS[at] ?? UNKNOWN
})

/**
 * Which client made the call, from its user agent, and whether that is a tool to look at: `iac` (infrastructure as
 * code), `bulk` (file managers that copy whole buckets), `offensive`. An absent, empty or "-" user agent is `none`, an
 * unfamiliar one `unknown`. The client chooses this text: it can be forged, so it is a hint and no proof.
 *
 * @param userAgent as logged; S3's brackets are ignored.
 * @see CloudTrail User Guide, "CloudTrail record contents" (userAgent)
 * @example
 * deriveTool('[rclone/v1.67.0]') // { tool: 'rclone', toolRisk: 'bulk' }
 */
export function deriveTool(userAgent: string | undefined): ToolFacts {
  return userAgent === undefined ? NONE : classify(userAgent)
}
