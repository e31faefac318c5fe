import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { usages } from '../cli/main.ts'
import { CONFIG_VARIABLES } from '../shared/settings/config.ts'

const PAGES = ['README.md', 'CHANGELOG.md', ...globSync('docs/*.md'), 'events/README.md'].filter((page) =>
  existsSync(page),
)

describe('the documentation', () => {
  it.each(PAGES)('%s links to pages that exist', (page) => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
      (match) => match[1]!,
    )
    const missing = links.filter((link) => !existsSync(path.join(path.dirname(page), link)))
    expect(missing).toEqual([])
  })

  it.each(PAGES)('%s names npm scripts that exist', (page) => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    const named = [...readFileSync(page, 'utf8').matchAll(/npm run (?:-s )?([a-z][a-z:0-9-]*)/g)].map(
      (match) => match[1]!,
    )
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  it('is all linked from the README', () => {
    const readme = readFileSync('README.md', 'utf8')
    expect(globSync('docs/*.md').filter((page) => !readme.includes(`(${page})`))).toEqual([])
  })

  it('draws rooms that exist', () => {
    const picture = readFileSync('docs/architecture.svg', 'utf8')
    const rooms = [...picture.matchAll(/[> ]([a-z-]+)\/(?=[ <])/g)].map((match) => match[1]!)
    expect(rooms).toContain('state')
    expect(rooms.filter((room) => !existsSync(path.join('shared', room)) && !existsSync(room))).toEqual([])
  })

  it('names only configuration variables that exist', () => {
    const known = new Set(CONFIG_VARIABLES)
    const text = readFileSync('docs/configuration.md', 'utf8')
    const named = [...text.matchAll(/`(BUCKETWATCH_[A-Z_]+)`/g)].map((match) => match[1]!)
    expect(named.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('docs/installing.md', () => {
  const page = readFileSync('docs/installing.md', 'utf8')

  it('names every command that takes --rules', async () => {
    const takes = (await usages()).filter(({ usage }) => /^\s*--rules DIR/m.test(usage)).map(({ name }) => name)
    const sentence = /every\ncommand that reads rules takes it: ([^.]+)\./.exec(page)![1]!
    expect([...sentence.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!).sort()).toEqual(takes.sort())
  })

  it('names every command that asks AWS, and no other', async () => {
    const loads = (name: string): boolean => {
      const file = { disconnect: 'connect', deploy: 'stack', remove: 'stack', package: '', 'deployer-policy': '' }[name]
      if (file === '') return false
      const text = readFileSync(`cli/commands/${file ?? name}.ts`, 'utf8')
      return /shared\/aws\/|infra\/osls|replay-sources|\/normalize\.ts|source-options|own-facts|pattern\/verify/.test(
        text,
      )
    }
    const asks = (await usages()).filter(({ name }) => loads(name)).map(({ name }) => name)
    const table = page.slice(page.indexOf('| command |'), page.indexOf('\n## Own rules'))
    const cells = [...table.matchAll(/^\| (.+?) \|/gm)].map(([, cell]) => cell!).join(' ')
    for (const name of asks) expect(cells, name).toMatch(new RegExp(`\`${name}[\` ]`))
    for (const { name } of await usages())
      if (!asks.includes(name)) expect(cells, name).not.toMatch(new RegExp(`\`${name}[\` ]`))
  })
})
