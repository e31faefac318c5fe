import { isSecretName } from '../derive/redact.ts'
import { asciiBytes, isNamed, isSomeText, isText, type JsonIndex, numberAt } from './json-index.ts'
import { ABSENT } from './record-layout.ts'

const BUCKET_NAME = asciiBytes('bucketName')
const KEY = asciiBytes('key')
const VERSION_ID = asciiBytes('versionId')
const OMITTED = asciiBytes('omitted')
const BYTES_IN = asciiBytes('bytesTransferredIn')
const BYTES_OUT = asciiBytes('bytesTransferredOut')
const CIPHER_SUITE = asciiBytes('CipherSuite')
const AUTHENTICATION_METHOD = asciiBytes('AuthenticationMethod')
const AUTH_HEADER = asciiBytes('AuthHeader')
const ACL_REQUIRED = asciiBytes('aclRequired')
const YES = asciiBytes('Yes')

/** Nobody sends more x-amz headers in one request; each one is compared with all before it. */
const MAX_KEPT = 16

/** What an S3 data event's requestParameters and additionalEventData say. Entries are {@link ABSENT} where missing. */
export interface ObjectFacts {
  /** Entries of requestParameters. */
  bucket: number
  key: number
  /** The entry of additionalEventData.CipherSuite. */
  cipher: number
  aclRequired: boolean
  bytesIn: number
  bytesOut: number
  /** The parameters that stay, without the braces around them. */
  json: string
}

/** Makes room for {@link ObjectFacts}, and the function that reads them off an index; false: anything is unusual. */
export function createObjectReader(): {
  readonly facts: ObjectFacts
  read(text: string, index: JsonIndex, parameters: number, extra: number): boolean
} {
  const facts: ObjectFacts = { bucket: 0, key: 0, cipher: 0, aclRequired: false, bytesIn: 0, bytesOut: 0, json: '' }
  const kept = new Int32Array(MAX_KEPT)

  function readParameters(text: string, index: JsonIndex, parameters: number): boolean {
    const { bytes, ends, names, nexts, values } = index
    let count = 0
    facts.bucket = facts.key = ABSENT
    facts.json = ''
    for (let entry = parameters + 1; entry < nexts[parameters]!; entry = nexts[entry]!) {
      if (isNamed(index, entry, BUCKET_NAME)) facts.bucket = entry
      else if (isNamed(index, entry, KEY)) facts.key = entry
      else if (isNamed(index, entry, OMITTED)) return false
      else if (isAmz(bytes, names[entry]! + 1)) {
        // Presigned requests have these names in capitals.
        if (bytes[names[entry]! + 1] === CAPITAL_X) return false
        if (isSecretName(text.slice(names[entry]! + 1, values[entry]! - 2))) return false
      } else if (!isNamed(index, entry, VERSION_ID)) continue
      // Empty texts go, and the JSON inside of a value may change when it is parsed.
      if (!isSomeText(index, entry) || count === MAX_KEPT) return false
      for (let before = 0; before < count; before++) if (isSameName(index, kept[before]!, entry)) return false
      kept[count] = entry
      count++
      if (count > 1) facts.json += ','
      facts.json += text.slice(names[entry], ends[entry])
    }
    return facts.bucket !== ABSENT
  }

  function readExtra(index: JsonIndex, extra: number): boolean {
    facts.cipher = ABSENT
    facts.aclRequired = false
    facts.bytesIn = facts.bytesOut = 0
    if (extra === ABSENT) return true
    const { nexts } = index
    let seen = 0
    for (let entry = extra + 1; entry < nexts[extra]!; entry = nexts[entry]!) {
      let bit = 0
      if (isNamed(index, entry, BYTES_IN)) {
        bit = 1
        facts.bytesIn = numberAt(index, entry) ?? Number.NaN
      } else if (isNamed(index, entry, BYTES_OUT)) {
        bit = 2
        facts.bytesOut = numberAt(index, entry) ?? Number.NaN
      } else if (isNamed(index, entry, CIPHER_SUITE)) {
        bit = 4
        facts.cipher = entry
      } else if (isNamed(index, entry, ACL_REQUIRED)) {
        bit = 8
        facts.aclRequired = isText(index, entry, YES)
      } else if (isNamed(index, entry, AUTHENTICATION_METHOD)) {
        bit = 16
        if (!isText(index, entry, AUTH_HEADER)) return false
      } else if (isNamed(index, entry, OMITTED)) {
        return false
      }
      if ((seen & bit) !== 0) return false
      seen |= bit
    }
    return !Number.isNaN(facts.bytesIn) && !Number.isNaN(facts.bytesOut)
  }

  return {
    facts,
    read: (text, index, parameters, extra) => readParameters(text, index, parameters) && readExtra(index, extra),
  }
}

function isSameName({ bytes, names, values }: JsonIndex, a: number, b: number): boolean {
  const length = values[a]! - names[a]!
  if (values[b]! - names[b]! !== length) return false
  for (let i = 0; i < length; i++) if (bytes[names[a]! + i] !== bytes[names[b]! + i]) return false
  return true
}

const CAPITAL_X = 0x58
const AMZ = asciiBytes('x-amz-')
const AMZ_CAPITALS = asciiBytes('X-AMZ-')

/** Whether a name begins with `x-amz-`, in any letter case. */
function isAmz(bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < AMZ.length; i++) {
    const byte = bytes[from + i]
    if (byte !== AMZ[i] && byte !== AMZ_CAPITALS[i]) return false
  }
  return true
}
