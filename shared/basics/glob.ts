/** What stands between two stars: a text, in which any character may stand at the places of `any`. */
interface Piece {
  readonly text: string
  readonly any: ReadonlySet<number>
}

const NONE: ReadonlySet<number> = new Set()

/**
 * Tests text against a glob in which `*` stands for any run of characters. The pieces between the stars are looked for
 * from left to right, so that no glob is slow.
 *
 * @param dialect `iam`: as in IAM policies, where `?` is any one character, and `${*}`, `${?}` and `${$}` are the
 * characters themselves (IAM User Guide, "Policy variables"). Default: nothing but `*` is special.
 * @example
 * compileGlob('Describe*')('DescribeTrails') // true
 */
export function compileGlob(glob: string, dialect?: 'iam'): (text: string) => boolean {
  const pieces = dialect === 'iam' ? iamPieces(glob) : glob.split('*').map((text) => ({ text, any: NONE }))
  return (text) => matches(text, pieces)
}

/** The same for several globs at once: one of them has to match. */
export function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  const exact = new Set(globs.filter((glob) => !glob.includes('*')))
  const wild = globs.filter((glob) => glob.includes('*')).map((glob) => compileGlob(glob))
  return (text) => exact.has(text) || wild.some((test) => test(text))
}

function iamPieces(glob: string): Piece[] {
  const pieces: Piece[] = []
  let text = ''
  let any = new Set<number>()
  for (const [token] of glob.matchAll(/\$\{[*?$]\}|[\s\S]/g)) {
    if (token === '*') {
      pieces.push({ text, any })
      text = ''
      any = new Set()
      continue
    }
    if (token === '?') any.add(text.length)
    text += token.length === 1 ? token : token[2]
  }
  return [...pieces, { text, any }]
}

function matches(text: string, pieces: readonly Piece[]): boolean {
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return text.length === first.text.length && isAt(text, first, 0)
  const end = text.length - last.text.length
  let position = first.text.length
  if (position > end || !isAt(text, first, 0) || !isAt(text, last, end)) return false
  for (const piece of pieces.slice(1, -1)) {
    const found = find(text, piece, position)
    if (found < 0) return false
    position = found + piece.text.length
  }
  return position <= end
}

function find(text: string, piece: Piece, from: number): number {
  if (piece.any.size === 0) return text.indexOf(piece.text, from)
  for (let at = from; at + piece.text.length <= text.length; at += 1) if (isAt(text, piece, at)) return at
  return -1
}

function isAt(text: string, { text: wanted, any }: Piece, at: number): boolean {
  if (any.size === 0) return text.startsWith(wanted, at)
  for (let index = 0; index < wanted.length; index += 1) {
    if (wanted[index] !== text[at + index] && !any.has(index)) return false
  }
  return true
}
