/** Adding to a settings file: every line that is there stays, and what comes out says what it should. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import type { OurKey } from '../../shared/ours/facts.ts'
import { addToSettings, remarksOf } from '../../shared/ours/merge.ts'
import type { Item } from '../../shared/ours/ours.ts'

const item = (value: string, label = ''): Item => ({ value, label })
const ADDED = new Map<OurKey, readonly Item[]>([
  ['account', [item('111122223333')]],
  ['trustedAccounts', [item('444455556666', 'log-archive')]],
  ['allowRanges', [item('2001:db8::/56', 'vpc-0a'), item('203.0.113.10/32', 'nat-0a')]],
  ['vpcs', [item('vpc-0a', 'prod, 111122223333 eu-west-1')]],
  ['canonicalIds', [item('12345678901234567890123456789012'), item('1e345678901234567890123456789012')]],
])
const values = (added: ReadonlyMap<OurKey, readonly Item[]>) =>
  Object.fromEntries(
    [...added].map(([key, items]) => [key, key === 'account' ? items[0]?.value : items.map(({ value }) => value)]),
  )

const HAND_WRITTEN = `# Ours, as of today.

# Networks
vpcs:
- vpc-0z   # the old one
# - vpc-0y is closed
trustedAccounts: ['777788889999', "888899990000"]   # partners
allowRanges: [ 198.51.100.0/24 ]

about: >-
  folded
  text
detections:
  packs: {}
  rules:
    data-anon-read: { enabled: true }
# the end
`

const FILES: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['comments alone', '# none yet\n\n# really\n'],
  ['a file without a last line end', 'about: text'],
  ['a file by hand', HAND_WRITTEN],
  ['lists of two spaces and four', "vpcs:\n    - vpc-0z\ntrustedAccounts:\n  - '777788889999'\n"],
  ['empty lists', 'vpcs: []\ntrustedAccounts: [ ] # none\nabout: x\n'],
  ['a list of many lines in brackets', 'vpcs: [\n  vpc-0z, # old\n  vpc-0y,\n]\nabout: x\n'],
  ['quotes of the other kind', 'account: "111122223333"\ntrustedAccounts:\n  - "777788889999"\n'],
  [
    'a list that two keys share',
    "trustedAccounts: &both ['777788889999']\nbuckets: &b [amzn-s3-demo-a]\nvpcs: &v [vpc-0z]\n",
  ],
  ['an alias', 'buckets: &b\n  - vpc-0z\nvpcs: *b # both\n'],
  ['a mapping in braces', '{account: "111122223333", vpcs: [], about: x}\n'],
  ['an empty mapping in braces', '{}\n'],
  ['a document with its marks', '---\nabout: x\n...\n'],
  ['an indented mapping', '  about: x\n  vpcs:\n    - vpc-0z\n'],
  ['text at the end that keeps its line ends', 'about: |\n  one\n  two\n'],
  ['JSON', '{\n    "about": "x",\n    "vpcs": ["vpc-0z"]\n}\n'],
  ['JSON on one line', '{"vpcs":["vpc-0z"]}'],
]

/** Without an account where the file has one: that is never added. */
const addedTo = (text: string) => new Map([...ADDED].filter(([key]) => key !== 'account' || !/account"?:/.test(text)))

describe('adding to settings', () => {
  it.each(FILES)('%s', (_, text) => {
    const before = (parse(text) ?? {}) as Record<string, unknown>
    const added = addedTo(text)
    const after = addToSettings(text, added)
    const content = parse(after) as Record<string, unknown>
    for (const [key, more] of Object.entries(values(added)))
      expect(content[key]).toEqual(
        key === 'account' ? more : [...((before[key] as string[]) ?? []), ...(more as string[])],
      )
    for (const key of Object.keys(before)) if (!added.has(key as OurKey)) expect(content[key]).toEqual(before[key])
    expect(parseSettings(after, 'settings.yml')).toMatchObject({ ok: true })
    // Every comment, and every line that holds no value which was added to.
    const touched = /^\s*["']?(vpcs|trustedAccounts|allowRanges)\b|^\{/
    if (!text.startsWith('{'))
      for (const line of text.split('\n').filter((one) => one.trim() !== '' && !touched.test(one)))
        expect(after).toContain(line.replace(/,$/, ''))
    for (const [comment] of text.startsWith('{') ? [] : text.matchAll(/#.*$/gm)) expect(after).toContain(comment)
  })

  it('changes nothing where nothing is missing', () => {
    for (const [, text] of FILES) expect(addToSettings(text, new Map())).toBe(text)
  })

  it('leaves a file by hand as it is, but for the lines that are added', () => {
    expect(addToSettings(HAND_WRITTEN, ADDED)).toBe(`# Ours, as of today.

# Networks
vpcs:
- vpc-0z   # the old one
- vpc-0a # prod, 111122223333 eu-west-1
# - vpc-0y is closed
trustedAccounts: ['777788889999', "888899990000", "444455556666"]   # partners
allowRanges: [ 198.51.100.0/24, 2001:db8::/56, 203.0.113.10/32 ]

about: >-
  folded
  text
detections:
  packs: {}
  rules:
    data-anon-read: { enabled: true }
# the end

# Read from AWS by \`bucketwatch doctor --facts\`.
account: "111122223333"
canonicalIds:
- "12345678901234567890123456789012"
- "1e345678901234567890123456789012"
`)
  })

  it('keeps the line ends of Windows, and the indentation of JSON', () => {
    const windows = HAND_WRITTEN.replaceAll('\n', '\r\n')
    expect(addToSettings(windows, ADDED)).toBe(addToSettings(HAND_WRITTEN, ADDED).replaceAll('\n', '\r\n'))
    expect(addToSettings('{\n\t"about": "x"\n}\n', new Map([['vpcs', [item('vpc-0a', 'lost')]]]))).toBe(
      '{\n\t"about": "x",\n\t"vpcs": [\n\t\t"vpc-0a"\n\t]\n}\n',
    )
  })

  it.each([
    ['a line end', 'a\nblockRanges: [0.0.0.0/0]'],
    ['others', 'a\r\u2028\u0085\u000bb'],
    ['a text that turns around', 'a\u202eb'],
    ['a comment in a comment', 'a # b: c'],
    ['very much', 'x'.repeat(10_000)],
  ])('a tag cannot write lines of the settings: %s', (_, label) => {
    const text = addToSettings('', new Map([['vpcs', [item('vpc-0a', label)]]]))
    expect(text.split('\n')).toHaveLength(4)
    expect(text.length).toBeLessThan(500)
    expect(text).not.toMatch(/[^\n\P{C}]/u)
    expect(parse(text)).toEqual({ vpcs: ['vpc-0a'] })
  })

  it('whatever a tag says and in whichever file, the content is the same, and it can be read again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FILES), fc.string({ unit: 'binary', maxLength: 40 }), ([, text], label) => {
        const after = addToSettings(text, new Map([['vpcEndpoints', [item('vpce-0a', label)]]]))
        expect(parse(after)).toEqual({ ...parse(text), vpcEndpoints: ['vpce-0a'] })
        expect(addToSettings(after, new Map())).toBe(after)
      }),
      { numRuns: 300 },
    )
  })

  it('what cannot be added to is an error, and names the way round', () => {
    const shared = 'vpcs: &a\n  - vpc-0z\nbuckets: *a\n'
    expect(() => addToSettings(shared, new Map([['vpcs', [item('vpc-0a')]]]))).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', details: { problems: [expect.stringMatching(/by hand/)] } }),
    )
  })
})

it('remarks are what stands behind the values of lists', () => {
  const remarks = remarksOf(HAND_WRITTEN)
  expect(remarks('vpcs', 'vpc-0z')).toContain('the old one')
  expect(remarks('trustedAccounts', '777788889999')).toBeUndefined()
  expect(remarks('distributions', 'E1EXAMPLE')).toBeUndefined()
  expect(remarksOf('')('vpcs', 'vpc-0z')).toBeUndefined()
})
