/**
 * `npm run package`: bundles, then the CloudFormation template and the functions' code in .serverless/ (the sibling
 * stack's, if there is one, in dist/detections-stack/). Needs neither network nor credentials. Arguments go to osls:
 * `npm run package -- --stage prod --param="detail=full"`.
 */
import { buildFunctions } from './build.ts'
import { hasSibling, osls, SIBLING_CONFIG } from './osls.ts'

const args = process.argv.slice(2)
await buildFunctions()
// The sibling first: osls works in .serverless/ whatever it is told, and what stays there must be the stack itself.
if (hasSibling(args)) osls('package', '--config', SIBLING_CONFIG, '--package', 'dist/detections-stack', ...args)
osls('package', ...args)
