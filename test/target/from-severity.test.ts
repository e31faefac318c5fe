import { expect, test } from 'vitest'
import { SEVERITIES } from '../../shared/detection/schema.ts'
import { fromSeverity } from '../../shared/target/from-severity.ts'
import { finding } from './support.ts'

test.each(SEVERITIES)('from %s on, and worse', async (least) => {
  const sent: string[] = []
  const target = fromSeverity({ name: 'a', send: async ({ severity }) => void sent.push(severity) }, least)
  for (const severity of SEVERITIES) await target.send(finding({ severity }), { subject: 's', text: 't' })
  expect(sent).toEqual(SEVERITIES.slice(SEVERITIES.indexOf(least)))
  // By its name an incident remembers who took what.
  expect(target.name).toBe('a')
})
