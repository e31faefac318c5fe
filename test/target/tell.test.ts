import { describe, expect, test } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { SEVERITIES } from '../../shared/detection/schema.ts'
import type { FindingTarget } from '../../shared/incident/ports.ts'
import { fromSeverity, tell } from '../../shared/target/tell.ts'
import { finding } from './support.ts'

const TEXT = { subject: 's', text: 't' }

describe('tell', () => {
  test('one target that fails, or hangs for a while, keeps no other from being told', async () => {
    const sent: string[] = []
    const { promise: slow, resolve: goOn } = Promise.withResolvers<void>()
    const targets: FindingTarget[] = [
      {
        name: 'broken',
        async send() {
          throw new BucketwatchError('TARGET_UNAVAILABLE', 'down')
        },
      },
      {
        name: 'fault',
        send() {
          throw new TypeError('x is not a function')
        },
      },
      {
        name: 'slow',
        async send() {
          await slow
          sent.push('slow')
        },
      },
      {
        name: 'fine',
        async send({ id }, text) {
          sent.push(`fine ${id} ${text.subject}`)
          goOn()
        },
      },
    ]
    const told = await tell(targets, finding(), TEXT)
    expect(sent).toEqual(['fine 5f1d0c2ab37e9d44.1 s', 'slow'])
    expect(told).toMatchObject([
      { target: 'broken', took: false, error: { code: 'TARGET_UNAVAILABLE' } },
      { target: 'fault', took: false, error: { code: 'INTERNAL', details: { target: 'fault' } } },
      { target: 'slow', took: true },
      { target: 'fine', took: true },
    ])
  })

  test('who was told is not told again', async () => {
    const sent: string[] = []
    const target = (name: string): FindingTarget => ({ name, send: async () => void sent.push(name) })
    const told = await tell([target('a'), target('b')], finding(), TEXT, new Set(['a']))
    expect([sent, told]).toEqual([['b'], [{ target: 'b', took: true }]])
  })
})

test.each(SEVERITIES)('fromSeverity %s lets worse ones through', async (least) => {
  const sent: string[] = []
  const target = fromSeverity({ name: 'a', send: async ({ severity }) => void sent.push(severity) }, least)
  for (const severity of SEVERITIES) await target.send(finding({ severity }), TEXT)
  expect(sent).toEqual(SEVERITIES.slice(SEVERITIES.indexOf(least)))
})
