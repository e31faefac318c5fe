/** What the file system says, in words: its own messages name calls that nobody has made. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would become larger than is allowed',
  EIO: 'the disk failed',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ELOOP: 'its links go in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/** Trying again in a moment mends none of these, and nothing was written. */
const LASTING: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])

/**
 * Why a file or folder could not be read or written; of any other error its message.
 *
 * @example
 * fileProblem(error) // 'the disk is full (ENOSPC)'
 */
export function fileProblem(error: unknown): string {
  const code = codeOf(error)
  const words = code === undefined ? undefined : WORDS[code]
  if (words !== undefined) return `${words} (${code})`
  return error instanceof Error ? error.message : String(error)
}

/** Whether the file system refuses to be written to, and will go on to: a full disk, a read-only one, missing rights. */
export function isLastingFault(error: unknown): boolean {
  return LASTING.has(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
