import { visibleText } from '../alert/safe-text.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { Finding } from '../incident/finding.ts'
import type { FindingTarget, SecretSource } from '../incident/ports.ts'
import type { HttpAnswer, Post } from './post.ts'

/** What makes one service a target. */
export interface Webhook {
  readonly name: string
  readonly secret: SecretSource
  readonly post: Post
  /** Where to, and what. Throws TARGET_SECRET where the secret is not what it should be. */
  request(finding: Finding, secret: string): { readonly url: URL; readonly body: string }
  /** Whether the service took it. */
  took(answer: HttpAnswer): boolean
}

/** Not let in, not there, gone: the secret may have been replaced since it was read. */
const SECRET_IS_OLD = [401, 403, 404, 410]

/**
 * A target that is a webhook with a secret. An answer that says that the secret is no longer good has it read anew, once;
 * where that changes nothing, the target is denied.
 *
 * @throws (of `send`) BucketwatchError TARGET_UNAVAILABLE, TARGET_SECRET, TARGET_DENIED, or TARGET_REFUSED with what the
 * service said. No error holds the secret.
 * @example
 * createWebhookTarget({ name: 'slack', secret, post, request, took: ({ status }) => status === 200 })
 */
export function createWebhookTarget({ name, secret, post, request, took }: Webhook): FindingTarget {
  async function attempt(finding: Finding, value: string): Promise<HttpAnswer> {
    const { url, body } = request(finding, value)
    return post(url, body)
  }
  return {
    name,
    async send(finding) {
      let value = await secret.get()
      let answer = await attempt(finding, value)
      if (!took(answer) && SECRET_IS_OLD.includes(answer.status)) {
        const fresh = await secret.refresh()
        if (fresh !== value) {
          value = fresh
          answer = await attempt(finding, value)
        }
      }
      if (took(answer)) return
      const code = SECRET_IS_OLD.includes(answer.status) ? 'TARGET_DENIED' : 'TARGET_REFUSED'
      const said = visibleText(answer.text.replaceAll(value, '***'), 200)
      throw new BucketwatchError(code, `${name}: ${answer.status}${said === '' ? '' : ` ${said}`}`, {
        target: name,
        status: answer.status,
        findingId: finding.id,
      })
    },
  }
}
