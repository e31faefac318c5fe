import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitMessages } from '../../docs/playground/messages.ts'
import { SAMPLE_PATTERNS } from '../../docs/playground/samples.ts'
import { decodeState, EMPTY_STATE, encodeState } from '../../docs/playground/state.ts'
import { buildPlayground, PLAYGROUND_PAGE } from '../../infra/playground.ts'
import { compilePattern } from '../../shared/metric/filter.ts'

describe('docs/playground.html', () => {
  test('is what its sources make (npm run playground writes it), each time the same', async () => {
    const page = await buildPlayground()
    expect(await buildPlayground()).toBe(page)
    // Not toBe: a difference of 100 KB on one line helps nobody.
    expect(readFileSync(PLAYGROUND_PAGE, 'utf8') === page, 'stale: run npm run playground').toBe(true)
  })

  test('is one file that fetches nothing', () => {
    const page = readFileSync(PLAYGROUND_PAGE, 'utf8')
    expect(page).toContain("default-src 'none'; script-src 'sha256-")
    expect(page.match(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?!data:)[^"]*"/g)).toBeNull()
    expect(page.match(/\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|eval|innerHTML)\b/g)).toBeNull()
    expect(page.length).toBeLessThan(200_000)
  })

  test('its example patterns match some sample each, or are about text', () => {
    const page = readFileSync(PLAYGROUND_PAGE, 'utf8')
    const json = /<script type="application\/json" id="samples">(.*?)<\/script>/s.exec(page)![1]!
    const samples = JSON.parse(json) as { forms: Record<string, string> }[]
    const texts = samples.flatMap(({ forms }) => Object.values(forms))
    for (const { pattern } of SAMPLE_PATTERNS.filter((sample) => !sample.pattern.startsWith('?'))) {
      expect([pattern, texts.some((text) => compilePattern(pattern).match(text))]).toEqual([pattern, true])
    }
  })
})

describe('splitMessages', () => {
  test.each([
    ['lines', 'a\r\nb\n\nc', ['a', 'b', 'c']],
    ['JSON lines', '{"a":1}\n{"a":"}"}', ['{"a":1}', '{"a":"}"}']],
    ['JSON over lines', 'x\n{\n "a": "{",\n "b": {}\n}\ny', ['x', '{\n "a": "{",\n "b": {}\n}', 'y']],
    ['a CloudTrail file', '{"Records": [{"a":1},{"b":2}]}', ['{"a":1}', '{"b":2}']],
    ['a list', '[{"a":1}, {"b":2}]', ['{"a":1}', '{"b":2}']],
    ['a line in brackets', '[ERROR] x', ['[ERROR] x']],
    ['an object that never ends', '{ "a":\nx\ny', ['{ "a":', 'x', 'y']],
    ['nothing', ' \n', []],
  ])('%s', (_, text, messages) => {
    expect(splitMessages(text)).toEqual(messages)
  })

  test('nothing is lost of any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '}', '"', '\n', 'a', ' ', '\\', '{"a":1}'), { maxLength: 30 }),
        (parts) => {
          const text = parts.join('')
          expect(splitMessages(text).join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
        },
      ),
    )
  })
})

test('a state survives the address; anything else is no state', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.boolean(), (pattern, messages, literalStar) => {
      const state = { ...EMPTY_STATE, pattern, messages, literalStar, records: 'native' } as const
      expect(encodeState(state)).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(decodeState(`#${encodeState(state)}`)).toEqual(state)
    }),
  )
  for (const fragment of ['', '#', '#x', '#%%%', `#${btoa('[]')}`, `#${btoa('{"pattern":1,"messages":""}')}`]) {
    expect(decodeState(fragment)).toBeUndefined()
  }
  expect(decodeState(btoa('{"pattern":"a","messages":"b","records":"<x>"}'))).toMatchObject({ records: 'auto' })
})
