// serverless.yml's ${file(infra/region.cjs)}: the Region as AWS's tools find it, when there is no --region.
module.exports = async ({ options }) => {
  const { resolveRegion } = await import('../shared/aws/region.ts')
  return resolveRegion({ profile: options['aws-profile'], env: process.env })
}
