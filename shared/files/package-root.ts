import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The folder that holds what bucketwatch brings along: the checkout, or the installed package. Found by its
 * package.json, so that it is the same for the sources and for the built files, from whatever folder they are started.
 */
export const PACKAGE_ROOT: string = findRoot(import.meta.dirname)

/** The folder of the rules that come with the package. */
export const SHIPPED_RULES: string = fromHere(path.join(PACKAGE_ROOT, 'infra', 'detections'))

/** The folder of the sample notifications, with the objects that they name. */
export const SAMPLES: string = fromHere(path.join(PACKAGE_ROOT, 'events'))

/** The version in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json')) && existsSync(path.join(folder, 'infra', 'detections')))
      return folder
    if (folder === path.dirname(folder))
      throw new Error(`bucketwatch is not complete: there is no package at or above ${start}.`)
  }
}

/** The path as a person here would write it: relative, where that is below the current folder. */
function fromHere(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute)
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? absolute : relative
}
