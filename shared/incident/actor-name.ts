/** Names of people, roles and keys, as people say them. */

/** An actor in two words: `user alice`, `role payroll`, `root of 111122223333`, `anonymous`. */
export function actorName({ value, type }: { readonly value: string; readonly type?: string | undefined }): string {
  if (type === undefined || type === 'unknown') return value
  const [, , , , account, resource] = /^(arn):([^:]*):([^:]*):[^:]*:([^:]*):(.*)$/s.exec(value) ?? []
  if (type === 'root') return account ? `root of ${account}` : 'root'
  const name = resource?.split('/').at(-1)
  return `${type} ${name === undefined || name === '' ? value : name}`
}

/** Whether an actor is told by name; callers without one are counted by their type (`anonymous`). */
export function isNamed({ value, type }: { readonly value: string; readonly type?: string | undefined }): boolean {
  return type !== undefined || (value !== 'anonymous' && value !== 'unknown')
}

/**
 * Who, in as few characters as tell it from others: of a user or role what follows its ARN's account, without the word.
 *
 * @example
 * shortName('arn:aws:sts::111122223333:assumed-role/web-app') // 'web-app'
 */
export function shortName(value: string): string {
  if (!value.startsWith('arn:')) return value
  const rest = value.split(':').slice(5).join(':')
  return rest.replace(/^(?:user|role|assumed-role|federated-user)\//, '') || value
}

interface Whose {
  readonly principal: string
  readonly person?: string | undefined
}

/**
 * Whose incident it is, as people say it.
 *
 * @example
 * principalName({ principal: 'actor:444455556666' }) // 'account 444455556666'
 */
export function principalName({ person, principal }: Whose): string {
  if (person !== undefined) return person
  const [, kind = '', name = ''] = /^(actor|account|key|person):(.+)$/s.exec(principal) ?? []
  if (kind === 'actor') return /^\d{12}$/.test(name) ? `account ${name}` : shortName(name)
  if (kind === 'person') return name.slice(name.indexOf('/') + 1)
  if (kind !== '') return `${kind} ${name}`
  return principal.replace(/^anonymous@/, 'anonymous on ')
}
