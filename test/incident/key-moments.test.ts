import { describe, expect, it } from 'vitest'
import { keyMoments } from '../../shared/incident/key-moments.ts'
import { finding, findingRule } from '../report/model.ts'

describe('the moments that tell most', () => {
  it('are those of severe rules, each told once, in the order of time', () => {
    const line = (minute: number, ...rules: string[]) => ({
      time: `2026-03-17T07:${String(minute).padStart(2, '0')}:00Z`,
      text: `line ${minute}`,
      rules,
    })
    const one = finding({
      rules: [
        findingRule('everywhere', 'high', 9),
        findingRule('policy', 'critical', 1),
        findingRule('delete', 'high', 1),
        findingRule('read', 'low', 1),
      ],
      story: [
        line(1, 'everywhere'),
        line(2, 'everywhere', 'read'),
        line(3, 'everywhere', 'delete'),
        line(4, 'everywhere', 'delete'),
        line(5, 'everywhere', 'policy'),
      ],
    })
    const texts = (limit: number) => keyMoments(one, limit).map(({ text }) => text)
    expect(texts(1)).toEqual(['line 5'])
    expect(texts(2)).toEqual(['line 3', 'line 5'])
    // Line 4 says what line 3 says, line 1 what all say.
    expect(texts(9)).toEqual(['line 2', 'line 3', 'line 5'])
    expect(keyMoments(finding({ story: [] }), 5)).toEqual([])
    expect(keyMoments(one, 2, one.story.toReversed()).map(({ text }) => text)).toEqual(['line 5', 'line 3'])
  })
})
