/**
 * The folder that osls works in, for a project that is not the checkout: osls packages nothing that lies outside its
 * folder, so what the package brings along is laid out there as it lies in the checkout.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { makeFolder } from '../shared/files/make-folder.ts'

/** Parameters by stage; `default` holds for all of them. */
export type StageParameters = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Lays out the folder anew and returns its path.
 *
 * @param given.root the package (or checkout), with the functions' bundles in dist/functions
 * @param given.project the project's folder, which file names in parameters are relative to
 * @param given.rules folders of rules, absolute
 */
export function stageStack(given: {
  readonly root: string
  readonly project: string
  readonly target: string
  readonly rules: readonly string[]
  readonly parameters: StageParameters
}): string {
  const { root, project, target, rules, parameters } = given
  rmSync(target, { recursive: true, force: true })
  makeFolder(path.join(target, 'infra'))
  cpSync(path.join(root, 'dist/functions'), path.join(target, 'dist/functions'), { recursive: true })
  for (const name of ['serverless.yml', 'serverless.detections.yml'])
    cpSync(path.join(root, name), path.join(target, name))
  addParameters(path.join(target, 'serverless.yml'), parameters)
  const from = (file: string) => `module.exports = require(${JSON.stringify(path.join(root, file))})`
  writeFileSync(path.join(target, 'infra/region.cjs'), `${from('infra/region.cjs')}\n`)
  const options = JSON.stringify({ folder: project, rules })
  writeFileSync(path.join(target, 'infra/stack.cjs'), `${from('infra/stack.cjs')}.forProject(${options})\n`)
  return target
}

/** Puts a project's parameters where osls looks for them: beside, or in place of, the defaults. */
function addParameters(file: string, parameters: StageParameters): void {
  const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'error' })
  for (const [stage, values] of Object.entries(parameters)) {
    if (!isMap(document.getIn(['params', stage]))) document.setIn(['params', stage], document.createNode({}))
    for (const [name, value] of Object.entries(values)) document.setIn(['params', stage, name], value)
  }
  writeFileSync(file, document.toString({ lineWidth: 0 }))
}
