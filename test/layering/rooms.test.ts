import { globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS, biomeOverrides, IO_MODULES, LAYERS } from './rooms.ts'

/** Static, dynamic and type imports, and re-exports. */
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g

/** file → the files of ours that it imports, and the modules. */
const graph = new Map(
  globSync('{shared,functions,infra,cli}/**/*.ts').map((file) => {
    const specifiers = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '')
    const own = specifiers.filter((specifier) => specifier.startsWith('.'))
    return [
      file,
      {
        files: own.map((specifier) => path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))),
        modules: specifiers.filter((specifier) => !specifier.startsWith('.')),
      },
    ]
  }),
)

const roomOf = (file: string): string | undefined => /^shared\/([^/]+)\//.exec(file)?.[1]
const layerOf = (room: string): number => LAYERS.findIndex((rooms) => rooms.includes(room))
const arrows = [...graph].flatMap(([from, { files }]) => files.map((to) => ({ from, to })))

describe('the rooms of shared/', () => {
  it('are all in the list, once, and nothing lies beside them', () => {
    expect(LAYERS.flat().sort()).toEqual(readdirSync('shared').sort())
  })

  it('are all in docs/architecture.md, the lower ones further down', () => {
    const table = readFileSync('docs/architecture.md', 'utf8').split('## Where each AWS rule lives')[0]!
    const rows = table.split('\n').filter((line) => line.startsWith('| `'))
    const named = rows.map((row) => [...row.split('|')[1]!.matchAll(/`shared\/([^/`]+)\/`/g)].map((match) => match[1]!))
    expect(named.flat().sort()).toEqual(LAYERS.flat().sort())
    const layers = named.filter((rooms) => rooms.length > 0).map((rooms) => Math.max(...rooms.map(layerOf)))
    expect(layers).toEqual([...layers].sort((a, b) => b - a))
  })

  it('import downwards only', () => {
    expect(arrows.length).toBeGreaterThan(500)
    const wrong = arrows.filter(({ from, to }) => {
      const [above, below] = [roomOf(from), roomOf(to)]
      if (above === undefined) return false
      return above !== below && (below === undefined || layerOf(below) >= layerOf(above))
    })
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  it('leave reading and writing to the adapters', () => {
    const test = (name: string) =>
      IO_MODULES.some((module) => (module.endsWith('*') ? name.startsWith(module.slice(0, -1)) : name === module))
    const wrong = [...graph].filter(([file, { modules }]) => {
      const room = roomOf(file)
      return room !== undefined && !ADAPTERS.includes(room as never) && modules.some(test)
    })
    expect(wrong.map(([file]) => file)).toEqual([])
  })

  it('are kept apart in the editor too: biome.json says the same', () => {
    const { overrides } = JSON.parse(readFileSync('biome.json', 'utf8')) as { overrides: unknown }
    expect(overrides).toEqual(biomeOverrides())
  })
})

it('there is no circle of files', () => {
  const state = new Map<string, 'open' | 'done'>()
  const circles: string[] = []
  function visit(file: string, way: readonly string[]): void {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      circles.push([...way.slice(way.indexOf(file)), file].join(' → '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file)?.files ?? []) visit(next, [...way, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  expect(circles).toEqual([])
})

it('every import leads to a file that is there', () => {
  const known = new Set([...graph.keys(), ...globSync('{events,bench,docs}/**/*.ts')])
  const lost = arrows.filter(({ to }) => to.endsWith('.ts') && !known.has(to))
  expect(lost.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

/** Everything that is reached from some files. */
function reached(from: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const todo = [...from]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (found.has(file)) continue
    found.add(file)
    todo.push(...(graph.get(file)?.files ?? []))
  }
  return found
}

it('what is deployed, and what deploys it, is nothing of the emulation', () => {
  const production = reached([...graph.keys()].filter((file) => /^(functions|infra)\//.test(file)))
  expect(production.size).toBeGreaterThan(100)
  expect([...production].filter((file) => /^(shared\/local|cli|events|bench|test)\//.test(file))).toEqual([])
})
