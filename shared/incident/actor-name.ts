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
