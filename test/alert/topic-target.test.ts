import { describe, expect, test } from 'vitest'
import { wrap } from '../../shared/alert/text-parts.ts'
import { createTopicTarget } from '../../shared/alert/topic-target.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import { finding } from '../target/support.ts'

async function published(given: Partial<Finding>) {
  const subjects: string[] = []
  const target = createTopicTarget({ publish: async ({ subject }) => void subjects.push(subject) })
  await target.send(finding(given), { subject: 'S', text: 'T' })
  return subjects
}

describe('what the topic is told', () => {
  test.each<[string, Partial<Finding>, number]>([
    ['an opening', { event: 'opened', added: 0 }, 1],
    ['an escalation', { event: 'escalated', added: 0 }, 1],
    ['a reminder', { event: 'reminded', added: 0 }, 1],
    ['an end with news', { event: 'closed', added: 2 }, 1],
    ['an end in another incident', { event: 'closed', added: 0, mergedInto: 'a1' }, 1],
    ['not an end of which all was told', { event: 'closed', added: 0 }, 0],
  ])('%s', async (_name, given, count) => {
    expect(await published(given)).toHaveLength(count)
  })
})

describe('lines of a width', () => {
  test.each([
    ['short', 10, 3, ['short']],
    ['one two three', 8, 3, ['one two', 'three']],
    // A space in the first half would leave most of the line empty.
    ['a bbbbbbbbbbbb', 8, 3, ['a bbbbbb', 'bbbbbb']],
    ['abcdefghij', 4, 3, ['abcd', 'efgh', 'ij']],
    ['', 4, 3, []],
  ])('%j', (text, width, lines, expected) => {
    expect(wrap(text, width, lines)).toEqual(expected)
  })

  test('what is past the last line is cut, and shows it', () => {
    const [first, last, ...more] = wrap('one two three four', 8, 2)
    expect([first, more]).toEqual(['one two', []])
    expect(last).not.toBe('three four')
    expect(last!.length).toBeLessThanOrEqual(8)
  })
})
