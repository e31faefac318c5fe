import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
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
