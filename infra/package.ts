/**
 * `npm run package`: bundles, then the CloudFormation template and the functions' code in .serverless/. Needs neither
 * network nor credentials. Arguments go to osls: `npm run package -- --stage prod --param="detail=full"`.
 */
import { buildFunctions } from './build.ts'
import { hasSibling, osls, SIBLING_CONFIG } from './osls.ts'

const args = process.argv.slice(2)
await buildFunctions()
osls('package', ...args)
if (hasSibling(args)) osls('package', '--config', SIBLING_CONFIG, '--package', '.serverless/detections', ...args)
