/**
 * `npm run remove -- --stage dev`: the sibling stack first, since it names the topics of the other. Log groups with
 * evidence stay, unless the parameter `evidence` said otherwise at the last deployment.
 */
import { hasSibling, osls, SIBLING_CONFIG } from './osls.ts'

const args = process.argv.slice(2)
if (hasSibling(args)) osls('remove', '--config', SIBLING_CONFIG, ...args)
osls('remove', ...args)
