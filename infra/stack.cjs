// What serverless.yml's ${file(infra/stack.cjs):…} reads. CommonJS, because that is what the framework can load; the
// template itself is made in template.ts. A parameter that is set nowhere is an error of the framework's.
const { mkdirSync, writeFileSync } = require('node:fs')
const { dirname, resolve } = require('node:path')
const load = require('./load.cjs')

// The stack of a checkout; of a project somewhere else, see stage.ts.
module.exports = forProject({})
module.exports.forProject = forProject

/**
 * @param folder the project's folder, which file names in parameters are relative to; default: the current one
 * @param rules folders of rules; default: those that come with the package
 */
function forProject({ folder = '', rules }) {
  const made = new Map()
  return async ({ options, resolveVariable, resolveConfigurationProperty }) => {
    const { PARAMETER_NAMES, checkParameterNames, checkStage } = await load('parameters')
    const stage = await resolveVariable('sls:stage')
    try {
      checkStage(stage)
      const params = (await resolveConfigurationProperty(['params'])) ?? {}
      checkParameterNames([
        ...[options.param ?? []].flat().map((item) => String(item).split('=', 1)[0]),
        ...Object.values(params).flatMap((ofStage) => Object.keys(ofStage ?? {})),
      ])
    } catch (error) {
      giveUp(error)
    }
    const given = {}
    for (const name of PARAMETER_NAMES) given[name] = await resolveVariable(`param:${name}`)
    if (folder !== '' && given.settingsFile) given.settingsFile = resolve(folder, given.settingsFile)
    const key = JSON.stringify([stage, given])
    if (!made.has(key)) made.set(key, make(stage, given, rules).catch(giveUp))
    return made.get(key)
  }
}

async function make(stage, given, rules) {
  const { makeTemplate } = await load('template')
  const template = await makeTemplate(stage, given, rules)
  // Written here and not by a script, so that whatever command packages the functions packages what belongs to them.
  for (const [file, text] of Object.entries(template.bundled)) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${text}\n`)
  }
  for (const warning of template.warnings) process.stderr.write(`${warning}\n`)
  if (template.leftOut.length > 0) process.stderr.write(`Rules left out (docs/settings.md):\n  ${template.leftOut.join('\n  ')}\n`)
  return template
}

// The framework would repeat an error for each place that reads from here, with a stack trace. What is wrong with the
// parameters, the settings or a detection is said once.
function giveUp(error) {
  if (error?.code === undefined || !Array.isArray(error.details?.problems)) throw error
  process.stderr.write(`\n${error.code}: ${error.message}\n`)
  process.exit(1)
}
