import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readExplanations, staleExplanations } from './accepted.ts'
import { listMutations, SEED } from './list.ts'
import { applyMutations, mutationsOf, probesOf } from './operators.ts'

describe('the list of mutations', () => {
  const { possible, drawn } = listMutations('.', SEED)

  it('is about as long as README.md says', () => {
    const named = Number(/some (\d+) one-line mutations/.exec(readFileSync('README.md', 'utf8'))?.[1])
    expect(drawn.length).toBeGreaterThan(named * 0.8)
    expect(drawn.length).toBeLessThan(named * 1.2)
  })

  it('is the same each time', () => {
    const source = readFileSync('shared/access-log/lines.ts', 'utf8')
    const again = mutationsOf('shared/access-log/lines.ts', source)
    expect(again).toEqual(possible.filter(({ file }) => file === 'shared/access-log/lines.ts'))
  })

  it('has every survivor that is explained', () => {
    expect(staleExplanations(readExplanations(), possible)).toEqual([])
  })
})

describe('probes', () => {
  /** The numbers of the mutations that a piece of code comes by. */
  function run(source: string): { ran: number[]; value: unknown } {
    const ran = new Set<number>()
    const code = applyMutations(source, probesOf(mutationsOf('x.ts', source)))
    const value = new Function('globalThis', `${code}\nreturn result`)({
      mutationRan: (number: number) => ran.add(number),
    })
    return { ran: [...ran].sort((a, b) => a - b), value }
  }
  const numberOf = (source: string, operator: string, before: string) =>
    mutationsOf('x.ts', source).findIndex((each) => each.operator === operator && each.before.includes(before))

  it('tell what is evaluated and change nothing', () => {
    const source = `const result = (() => {
  const list = ['ab', 'cd']
  let n = 1
  if (list.some((x) => x.startsWith('c'))) {
    n = 2
  } else {
    n = 3
  }
  return n
})()`
    const { ran, value } = run(source)
    expect(value).toBe(2)
    expect(ran).toContain(numberOf(source, 'statement', 'n = 2'))
    expect(ran).not.toContain(numberOf(source, 'statement', 'n = 3'))
  })

  it('leave a chain a chain, and a method its object', () => {
    const source = `const a = { text: undefined, of() { return this.text ?? 'x' } }
const result = [a.text?.startsWith('b'), a.of()]`
    expect(run(source).value).toEqual([undefined, 'x'])
  })
})
