import type { Tool } from '../contracts/record.ts'

/** Software that everybody uses, so that its name is all there is to know. */
const ORDINARY_TOOLS: ReadonlySet<Tool> = new Set<Tool>(['sdk', 'boto', 'console', 'awsinternal'])

/** Browsers as they write themselves; scanners that only begin like one do not look like this. */
const ORDINARY_BROWSER =
  /^Mozilla\/5\.0 \([\w .,:;/-]{1,120}\) (?:AppleWebKit\/[\d.]+ \(KHTML, like Gecko\)|Gecko\/[\d.]+)(?: (?:Version|Chrome|CriOS|Safari|Mobile|Firefox|FxiOS|Edg)\/[\w.]+){1,5}$/

/**
 * Whether a user agent says no more than `tool`: an ordinary SDK, browser, the console or AWS itself. People at a command
 * line, copying and attack tools and everything unknown do not count.
 *
 * @example
 * isOrdinaryAgent('aws-sdk-java/2.25.0', 'sdk') // true
 */
export function isOrdinaryAgent(userAgent: string, tool: Tool): boolean {
  return ORDINARY_TOOLS.has(tool) || (tool === 'browser' && ORDINARY_BROWSER.test(userAgent))
}
