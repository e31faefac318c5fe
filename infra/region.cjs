// serverless.yml's ${file(infra/region.cjs)}: the Region as AWS's tools find it, when there is no --region.
const load = require('./load.cjs')

module.exports = async ({ options }) => {
  const { resolveRegion } = await load('../shared/aws/region')
  return resolveRegion({ profile: options['aws-profile'], env: process.env })
}
