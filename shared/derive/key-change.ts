/** What a call changes of a KMS key: who may use it, and whether it lasts. */
import { isEmpty, type JsonObject, textOf } from './json.ts'
import { analyzePolicy } from './policy.ts'
import { leavesNobody } from './policy-lockout.ts'
import { type IsForeign, type Known, sideOfPrincipal } from './strangers.ts'

/** The calls that change a key, its material, its store or its grants. */
export const KEY_CHANGES: ReadonlySet<string> = new Set(
  (
    'CreateKey PutKeyPolicy ReplicateKey CreateGrant DisableKey ScheduleKeyDeletion DeleteImportedKeyMaterial ' +
    'ImportKeyMaterial DisconnectCustomKeyStore DeleteCustomKeyStore UpdateCustomKeyStore DisableKeyRotation'
  ).split(' '),
)

/** Data that was encrypted under the key cannot be read any more, now or soon. */
const OFF = new Set([
  'DisableKey',
  'ScheduleKeyDeletion',
  'DeleteImportedKeyMaterial',
  'DisconnectCustomKeyStore',
  'DeleteCustomKeyStore',
])

/**
 * Reads what a call makes of a key.
 *
 * @see AWS KMS API Reference, "PutKeyPolicy", "CreateGrant", "ImportKeyMaterial", "DisconnectCustomKeyStore"
 */
export function readKeyChange(eventName: string, parameters: JsonObject, isForeign: IsForeign, known: Known) {
  const { policy, granteePrincipal, retiringPrincipal } = parameters
  const isGranted = [granteePrincipal, retiringPrincipal].some(
    (who) => typeof who === 'string' && sideOfPrincipal(who, isForeign, known) === 'stranger',
  )
  const facts = isEmpty(policy) ? undefined : analyzePolicy(policy, isForeign, known)
  const isOff = OFF.has(eventName) || (eventName === 'ImportKeyMaterial' && expires(parameters))
  const isLost = facts !== undefined && (facts.lockout || leavesNobody(policy, isForeign))
  const isPublic = facts?.public === true
  const isExternal = isGranted || facts?.external === true
  return { public: isPublic, external: isExternal, weakens: isOff || isLost || isPublic || isExternal }
}

function expires(parameters: JsonObject): boolean {
  const model = textOf(parameters.expirationModel)
  return model === undefined ? textOf(parameters.validTo) !== undefined : model === 'KEY_MATERIAL_EXPIRES'
}
