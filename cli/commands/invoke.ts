import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { BucketwatchError, errorMessage } from '../../shared/contracts/errors.ts'
import { loadSettings } from '../../shared/files/detections.ts'
import { SAMPLES } from '../../shared/files/package-root.ts'
import { createFolderObjectStore } from '../../shared/local/object-store.ts'
import { type Command, readText, usage, withoutMark } from '../io.ts'
import { createLocalRun, FUNCTIONS, type FunctionName } from '../local-run.ts'

/** `invoke FUNCTION EVENT`: one function with one event, as Lambda would. */
export const invoke: Command = {
  summary: 'invoke one function with one event file',
  usage: `usage: bucketwatch invoke FUNCTION EVENT.json [--objects DIR] [--settings FILE]

FUNCTION  ${FUNCTIONS.join(' | ')}
EVENT     the event as Lambda gets it (see events/); - reads standard input
--objects DIR    the objects that the event names: DIR/<bucket>/<key> (default: those of the samples)
--settings FILE  our accounts, log buckets, address ranges … (default: those of the samples)

Prints what the function returns, and one receipt a line on standard error. Log groups: .bucketwatch/log-groups.
Exit 0: done. 1: the function threw, or reported failed messages. 2: wrong usage.`,
  async run(args, io) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        objects: { type: 'string', default: path.join(SAMPLES, 'objects') },
        settings: { type: 'string', default: path.join(SAMPLES, 'settings.json') },
      },
    })
    const [name, file, ...more] = positionals
    if (name === undefined || file === undefined || more.length > 0) throw usage('give a function and one event file.')
    if (!isFunction(name))
      throw usage(`there is no function ${JSON.stringify(name)}; it is one of ${FUNCTIONS.join(', ')}.`)
    let event: unknown
    try {
      event = JSON.parse(withoutMark(file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8')))
    } catch (error) {
      throw usage(`the event ${file} cannot be read: ${errorMessage(error)}`)
    }
    const run = createLocalRun({
      store: createFolderObjectStore(values.objects),
      environment: (await loadSettings(values.settings)).environment,
      env: io.env,
      now: io.now,
      onFailed: ({ messageId, error }) =>
        io.err(`${messageId === undefined ? 'failed' : `message ${messageId} failed`}: ${errorMessage(error)}`),
      onReceipt: (receipt) => io.err(JSON.stringify(receipt)),
    })
    try {
      const result = (await run.invoke(name, event)) as { batchItemFailures?: unknown[] }
      await io.out(JSON.stringify(result, null, 2))
      return (result.batchItemFailures?.length ?? 0) > 0 ? 1 : 0
    } catch (error) {
      io.err(`${name} threw ${error instanceof BucketwatchError ? error.code : errorMessage(error)}`)
      return 1
    }
  },
}

function isFunction(name: string): name is FunctionName {
  return (FUNCTIONS as readonly string[]).includes(name)
}
