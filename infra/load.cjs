// Loads one of our modules into the framework: its source in a checkout, the built file in the package.
const { existsSync } = require('node:fs')
const { basename, join } = require('node:path')
const { pathToFileURL } = require('node:url')

module.exports = (module) => {
  const source = join(__dirname, `${module}.ts`)
  const built = join(__dirname, '../dist/package', `${basename(module)}.js`)
  return import(pathToFileURL(existsSync(source) ? source : built).href)
}
