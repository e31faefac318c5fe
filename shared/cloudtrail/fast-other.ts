import { isEmpty, isObject, type JsonObject, numberOf } from '../derive/json.ts'
import { mayHoldSecrets } from '../derive/redact.ts'
import { isCipher } from './derive.ts'
import { type CallDetails, parseMember } from './fast-details.ts'
import type { CallFacts, FastFacts } from './fast-facts.ts'
import type { JsonIndex } from './json-index.ts'
import { settingParameters } from './lean.ts'
import { SLOT } from './record-layout.ts'

/**
 * Makes the reader of the values of a call that is no S3 data event; undefined where there is anything unusual about
 * them. They are kept, so they are parsed and written again: nothing else gives the JSON that parsing the record gives.
 *
 * @param capBytes as for leanRecord.
 */
export function createOtherReader(facts: FastFacts, capBytes: number) {
  return (index: JsonIndex, call: CallFacts): CallDetails | undefined => {
    // Written anew they are never longer.
    if (index.text.length > capBytes) return undefined
    const parameters = parseMember(index, SLOT.requestParameters) ?? {}
    const extra = parseMember(index, SLOT.additionalEventData) ?? {}
    if (!isObject(parameters) || parameters.omitted === true) return undefined
    if (!isObject(extra) || extra.omitted === true) return undefined
    const bucket = call.isS3 ? bucketName(parameters, extra) : undefined
    if (bucket === null || (bucket !== undefined && !facts.readBucket(bucket).isSimple)) return undefined
    const json =
      member('requestParameters', call.isS3 ? settingParameters(parameters) : parameters) +
      member('additionalEventData', extra)
    if (mayHoldSecrets(json)) return undefined
    return {
      json,
      isHttps: isCipher(extra.CipherSuite),
      aclRequired: extra.aclRequired === 'Yes',
      bytesIn: numberOf(extra.bytesTransferredIn),
      bytesOut: numberOf(extra.bytesTransferredOut),
      bucket,
      key: undefined,
      more: '',
    }
  }
}

/** The bucket of a call about settings; undefined where it is about none, null where anything is unusual. */
function bucketName(parameters: JsonObject, extra: JsonObject): string | undefined | null {
  const { bucket, Bucket, bucketName, key } = parameters
  if (bucket !== undefined || Bucket !== undefined || key !== undefined) return null
  if (parameters['X-Amz-SignedHeaders'] !== undefined || extra.AuthenticationMethod === 'QueryString') return null
  if (bucketName === undefined) return undefined
  return typeof bucketName === 'string' && bucketName !== '' ? bucketName : null
}

function member(name: string, value: unknown): string {
  return isEmpty(value) ? '' : `,"${name}":${JSON.stringify(value)}`
}
