import { OBJECTS } from '../../shared/kinds/kinds.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { type Command, usage } from '../io.ts'
import { readArgs } from '../read-args.ts'

/** `classify KEY…`: which log an object is, told by its key alone. One JSON object a key. */
export const classify: Command = {
  summary: 'tell which log an object is, by its key',
  usage: `usage: bucketwatch classify KEY…

Prints one JSON object a line: {"key":…,"kind":…} and what else the key tells (account, org, region, bucket, time …).
kind: ${OBJECTS.filter(({ row }) => row.file !== undefined)
    .map(({ object }) => object)
    .join(', ')},
unknown. Keys are taken as they are (not URL-encoded).
Exit 0: told. 2: wrong usage.`,
  async run(args, io) {
    const { positionals } = readArgs({ args: [...args], allowPositionals: true, strict: true })
    if (positionals.length === 0) throw usage('give at least one key.')
    for (const key of positionals) await io.out(JSON.stringify({ key, ...classifyKey(key) }))
    return 0
  },
}
