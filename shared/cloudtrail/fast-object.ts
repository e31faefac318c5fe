import { isPublicAcl } from '../derive/acl.ts'
import { isForeignKey } from '../derive/config-change.ts'
import { objectOf } from '../derive/json.ts'
import { classifyObjectName } from '../derive/object-name.ts'
import { isSecretName, mayHideValue } from '../derive/redact.ts'
import { type DeriveContext, isCipher, objectSse, writeKey } from './derive.ts'
import { type CallDetails, parseMember } from './fast-details.ts'
import type { CallFacts, FastFacts } from './fast-facts.ts'
import { ABSENT, copyText, isSomeText, type JsonIndex, jsonAt, nameAt } from './json-index.ts'
import { SLOT } from './record-layout.ts'

/** The parameters that stay, as they are, and where two of them are. */
interface Parameters {
  readonly bucket: number
  readonly key: number
  readonly json: string
}

interface Extra {
  /** The JSON of CipherSuite. */
  readonly cipher: string
  readonly aclRequired: boolean
  readonly bytesIn: number
  readonly bytesOut: number
}

const NO_EXTRA: Extra = { cipher: '', aclRequired: false, bytesIn: 0, bytesOut: 0 }

/** Makes the reader of an S3 data event's values; undefined where there is anything unusual about them. */
export function createObjectReader({ environment }: DeriveContext, facts: FastFacts) {
  /** The fields about an object being written; undefined where there is more to say about it. */
  function readWrite(index: JsonIndex, recipientAccountId: string): string | undefined {
    const parameters = objectOf(parseMember(index, SLOT.requestParameters))
    const responseElements = objectOf(parseMember(index, SLOT.responseElements))
    const isForeign = (accountId: string): boolean => environment.isForeign(accountId, recipientAccountId)
    if (isPublicAcl(parameters)) return undefined
    if (isForeignKey(writeKey(parameters, { responseElements }), isForeign)) return undefined
    const sse = objectSse(parameters, objectOf(parseMember(index, SLOT.additionalEventData)), responseElements)
    return sse === undefined ? '' : `,"sse":"${sse}"`
  }

  return (index: JsonIndex, call: CallFacts, recipientAccountId: string): CallDetails | undefined => {
    const { ends, entries, values } = index
    const parameters = readParameters(index, entries[SLOT.requestParameters]!)
    const extra = readExtra(index, entries[SLOT.additionalEventData]!)
    if (parameters === undefined || extra === undefined || mayHideValue(parameters.json)) return undefined
    const bucket = facts.bucket(index, values[parameters.bucket]!, ends[parameters.bucket]!)
    const written = call.writesObject ? readWrite(index, recipientAccountId) : ''
    if (!bucket.isSimple || written === undefined) return undefined
    const key = parameters.key === ABSENT ? undefined : copyText(index, parameters.key)
    const keyClass = classifyObjectName(key)
    return {
      json: `,"requestParameters":{${parameters.json}}`,
      isHttps: extra.cipher !== '' && isCipher(JSON.parse(extra.cipher)),
      aclRequired: extra.aclRequired,
      bytesIn: extra.bytesIn,
      bytesOut: extra.bytesOut,
      bucket: bucket.name,
      key,
      more: keyClass === undefined ? written : `${written},"keyClass":"${keyClass}"`,
    }
  }
}

function readParameters(index: JsonIndex, parameters: number): Parameters | undefined {
  const { ends, names, nexts, text } = index
  let bucket = ABSENT
  let key = ABSENT
  let version = ABSENT
  let json = ''
  if (parameters === ABSENT) return undefined
  for (let entry = parameters + 1; entry < nexts[parameters]!; entry = nexts[entry]!) {
    const name = nameAt(index, entry)
    let isTwice = false
    if (name === 'bucketName') {
      isTwice = bucket !== ABSENT
      bucket = entry
    } else if (name === 'key') {
      isTwice = key !== ABSENT
      key = entry
    } else if (name === 'versionId') {
      isTwice = version !== ABSENT
      version = entry
    } else if (name === 'omitted') {
      return undefined
    } else if (isHeader(name)) {
      isTwice = json.includes(`"${name}":`)
      // Those of presigned requests are in capitals.
      if (name.startsWith('X') || isSecretName(name)) return undefined
    } else {
      continue
    }
    // Empty texts go, the JSON inside of a value may change when it is parsed, and of two with one name one goes.
    if (isTwice || !isSomeText(index, entry)) return undefined
    if (json !== '') json += ','
    json += text.slice(names[entry], ends[entry])
  }
  return bucket === ABSENT ? undefined : { bucket, key, json }
}

/** Whether a name begins with `x-amz-`, in any letter case. */
function isHeader(name: string): boolean {
  return name.charCodeAt(1) === 0x2d && /^x-amz-/i.test(name)
}

function readExtra(index: JsonIndex, extra: number): Extra | undefined {
  if (extra === ABSENT) return NO_EXTRA
  const { names, nexts, values } = index
  let cipher = ''
  let aclRequired = false
  let bytesIn = 0
  let bytesOut = 0
  let seen = 0
  for (let entry = extra + 1; entry < nexts[extra]!; entry = nexts[entry]!) {
    // The lengths first: no text is made of the names that say nothing.
    const length = values[entry]! - names[entry]! - 3
    let bit = 0
    if (length === 18 && nameAt(index, entry) === 'bytesTransferredIn') {
      bit = 1
      bytesIn = numberOf(jsonAt(index, entry))
    } else if (length === 19 && nameAt(index, entry) === 'bytesTransferredOut') {
      bit = 2
      bytesOut = numberOf(jsonAt(index, entry))
    } else if (length === 20 && nameAt(index, entry) === 'AuthenticationMethod') {
      bit = 4
      if (jsonAt(index, entry) !== '"AuthHeader"') return undefined
    } else if (length === 11 && nameAt(index, entry) === 'CipherSuite') {
      bit = 8
      cipher = jsonAt(index, entry)
    } else if (length === 11 && nameAt(index, entry) === 'aclRequired') {
      bit = 16
      aclRequired = jsonAt(index, entry) === '"Yes"'
    } else if (length === 7 && nameAt(index, entry) === 'omitted') {
      return undefined
    }
    if ((seen & bit) !== 0) return undefined
    seen |= bit
  }
  return Number.isNaN(bytesIn) || Number.isNaN(bytesOut) ? undefined : { cipher, aclRequired, bytesIn, bytesOut }
}

/** NaN where it is no number: true, null and texts count otherwise, if at all. */
function numberOf(json: string): number {
  const code = json.charCodeAt(0)
  return code === 0x2d || (code >= 0x30 && code <= 0x39) ? Number(json) : Number.NaN
}
