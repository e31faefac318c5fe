/** How every command reads its arguments. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { usage } from './io.ts'

/**
 * What parseArgs reads, with two things that it leaves to everybody: a number below zero is a value (`--limit -1`), of which
 * the command says what is allowed, and an option whose value is empty is refused. A shell writes nothing for a variable
 * that is not set, and what asks for nothing would find nothing.
 *
 * @throws BucketwatchError USAGE for an empty value; what parseArgs throws.
 * @example
 * const { positionals, values } = readArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
 */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const { args = [], options = {} } = config
  const read = parseArgs<T>({ ...config, args: withNumbers(args, options) })
  for (const [name, value] of Object.entries(read.values as Readonly<Record<string, unknown>>))
    if ([value].flat().some((one) => typeof one === 'string' && one.trim() === ''))
      throw usage(`--${name} has an empty value: is a variable not set?`)
  return read
}

/** `--limit -1` as `--limit=-1`: no option of ours is a digit. */
function withNumbers(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): string[] {
  const end = args.indexOf('--')
  const joined: string[] = []
  for (const [index, arg] of args.entries()) {
    const before = joined.at(-1) ?? ''
    const isOurs = end < 0 || index < end
    if (isOurs && /^-\d/.test(arg) && before.startsWith('--') && options[before.slice(2)]?.type === 'string')
      joined[joined.length - 1] = `${before}=${arg}`
    else joined.push(arg)
  }
  return joined
}
