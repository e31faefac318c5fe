import { readFile } from 'node:fs/promises'
import { fileProblem } from '../../shared/basics/file-problem.ts'
import { parseInvocation } from '../../shared/notification/parse.ts'
import { classifyKey } from '../../shared/object/key.ts'
import { type Command, readText, usage, withoutMark } from '../io.ts'
import { readArgs } from '../read-args.ts'

/** `objects FILE…`: what the notifications in a file resolve to. */
export const objects: Command = {
  summary: 'show which objects a notification file resolves to',
  usage: `usage: bucketwatch objects FILE…          (- reads standard input)

FILE holds one Lambda event: an S3 notification, SQS messages, SNS messages or an EventBridge event. Prints one JSON
object a line:
  {"bucket":…,"key":…,"kind":…,"versionId":…,"size":…}   an object to read
  {"ignored":"testEvent",…}                              acknowledged, nothing to read
  {"error":{"code":…,"message":…},"messageId":…}         a message that would be reported as failed
Exit 0: all understood. 1: a message failed, or a file cannot be read. 2: wrong usage.`,
  async run(args, io) {
    const { positionals } = readArgs({ args: [...args], allowPositionals: true, strict: true })
    if (positionals.length === 0) throw usage('give at least one file.')
    let failed = false
    for (const file of positionals) {
      let text: string
      try {
        text = file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8')
      } catch (error) {
        io.err(`${file}: ${fileProblem(error)}`)
        failed = true
        continue
      }
      for (const message of parseInvocation(parse(text)).messages) {
        const { messageId } = message
        for (const ref of message.objects) {
          // What a message brings with it is not shown: `normalize` reads it.
          const { bucket, key, content: _content, ...rest } = ref
          await io.out(JSON.stringify({ bucket, key, kind: classifyKey(key).kind, ...rest, messageId }))
        }
        for (const { reason, ...rest } of message.ignored)
          await io.out(JSON.stringify({ ignored: reason, ...rest, messageId }))
        if (message.error !== undefined) {
          failed = true
          const { code } = message.error
          await io.out(JSON.stringify({ error: { code, message: message.error.message }, messageId }))
          io.err(`${file}: ${messageId === undefined ? '' : `message ${messageId}: `}${code}: ${message.error.message}`)
        }
      }
    }
    return failed ? 1 : 0
  },
}

/** Text that is not JSON is handed on as text: the notification parser says what is wrong with it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(withoutMark(text))
  } catch {
    return text
  }
}
