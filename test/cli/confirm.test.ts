import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { canAsk, confirm } from '../../cli/confirm.ts'
import type { Io } from '../../cli/io.ts'

function terminal(more: Partial<Io> = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const abort = new AbortController()
  const asked: string[] = []
  const io = { err: (line: string) => void asked.push(line), errIsTerminal: true, stdin, signal: abort.signal, ...more }
  return { io: io as unknown as Io, stdin, abort, asked }
}

describe('confirm', () => {
  it.each([
    [['y\n'], true],
    [['Y\r\n'], true],
    [[' yes \n'], true],
    [['y', 'e', 's\n'], true],
    [['n\n'], false],
    [['\n'], false],
    [['yes please\n'], false],
    [['n\ny\n'], false],
  ])('%j: %s', async (pieces, expected) => {
    const { io, stdin, asked } = terminal()
    const answer = confirm(io, 'Put it?')
    for (const piece of pieces) stdin.write(piece)
    expect(await answer).toBe(expected)
    expect(asked).toEqual(['Put it? [y/N]'])
    expect(stdin.destroyed).toBe(true)
  })

  it('the end of the input is a no', async () => {
    const { io, stdin } = terminal()
    stdin.end()
    expect(await confirm(io, 'Put it?')).toBe(false)
  })

  it('Ctrl-C is a no, and does not wait for an answer', async () => {
    const { io, abort } = terminal()
    const answer = confirm(io, 'Put it?')
    abort.abort()
    expect(await answer).toBe(false)
  })

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('can ask with standard error on a terminal %s and standard input on one %s: %s', (err, input, expected) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: input })
    expect(canAsk(terminal({ errIsTerminal: err, stdin }).io)).toBe(expected)
  })
})
