import type { KeyClass } from '../contracts/record.ts'

/** Cheap test before the costly one: every note's name holds one of these. */
const NOTE_HINT = /ransom|crypt|recover|restor|return|retriev|regain|stolen|hostage|how[\W_]*to[\W_]*(?:get|back)/
/** Wordings that only a ransom note has, whatever the separators: HOW_TO_DECRYPT, how-to-decrypt. */
const NOTE_PHRASES = [
  // Manuals tell how to restore a backup, a database, a table.
  /how[\W_]*to[\W_]*(?:decrypt|re(?:cover|store|turn|trieve|gain))(?![\W_]*(?:(?:from|a|an|the|our|old|deleted|previous)[\W_]+)*(?:backup|snapshot|database|db|table|version|cluster|instance|server|service|config|env|stage|prod|replica))/,
  /how[\W_]*to[\W_]*(?:get[\W_]*(?:(?:your|my|all|the)[\W_]*)?(?:(?:files?|data)[\W_]*)?back|back[\W_]*(?:your[\W_]*)?files)/,
  // The file type that the extortionists gave to what they encrypted stands in the middle.
  /recover-(?=[a-z]*\d)[a-z\d]{5,10}-files/,
  /files?[\W_]*(?:(?:are|were|have[\W_]*been)[\W_]*)?(?:encrypted|ransomed|stolen)/,
  /(?:your|all)[\W_]*(?:files|data|buckets?|objects)[\W_]*(?:(?:are|were|is|was|has[\W_]*been|have[\W_]*been)[\W_]*)?(?:encrypted|ransomed|stolen|locked|hostage)/,
  /(?:recover|restore|decrypt|unlock)[\W_]*(?:(?:your|my|all|the)[\W_]*)?(?:files|data|bucket|instructions?)/,
  /(?:ransom(?:ware)?|decrypt(?:ion|or)?|recovery?)[\W_]*(?:note|demand|message|letter|read[\W_]*me|instructions?|warning|manual)/,
  /(?:read[\W_]*me|readme|read[\W_]*this|warning|attention|important|instructions?)[\W_]*(?:(?:for|to|how|and)[\W_]*)*(?:ransom|decrypt|restore|recover)/,
]
/** Words that source code and reports have too: only a file type that people read on opening makes them a note. */
const NOTE_WORD = /ransom(?!ware)|decrypt/
const NOTE_TYPE = /^[^.]*$|\.(?:txt|text|html?|hta|rtf|url|bmp|readme|note)$/
/** Never a note, however it is worded. */
const CODE_TYPE =
  /\.(?:[cm]?[jt]sx?|py[cdow]?|java|class|jar|kt|go|rs|rb|php|cs|cc?|cpp|h|hpp|so|dll|a|whl|map|swift|scala|sh|ps1|sql|lua|ipynb|s?css|gradle|tgz|gz|zip|parquet|avro|orc|csv)$/

const CREDENTIALS = [
  /\.(?:pem|ppk|p12|pfx|pkcs12|jks|keystore|kdbx?|ovpn|tfstate(?:\.backup)?|tfvars|agekey)$/,
  /\.env(?:\.(?:local|dev|development|prod|production|stag(?:e|ing)|test|bak|backup|old))?$/,
  /(?:^|[^a-z])id_(?:rsa|dsa|ecdsa|ed25519)(?!.*\.pub$)/,
  /credentials?(?:\.(?:json|csv|xml|ya?ml|ini|txt|bak|db))?$/,
  /(?:private|server|client|ssl|tls|rsa|ssh|secret)[\w.-]*\.key$/,
  /^\.?(?:git-credentials|htpasswd|netrc|pgpass|npmrc|pypirc|dockercfg|s3cfg|my\.cnf)$/,
  /^(?:secrets?|client_secret[\w.-]*|service[-_]?account[\w.-]*)\.(?:json|ya?ml|txt)$/,
  /(?:root|access)[-_]?keys?\.csv$|^kubeconfig(?:\.ya?ml)?$|\.kubeconfig$|^wp-config\.php$/,
]

/** Cheap test before the costly ones: every credential's name holds one of these. */
const CREDENTIAL_HINT =
  /\.(?:pem|ppk|p12|pfx|pkcs12|jks|key|kdb|ovpn|tfstate|tfvars|agekey|env)|id_|credential|git-|htpasswd|netrc|pgpass|npmrc|pypirc|dockercfg|s3cfg|my\.cnf|secret|service|keys?\.csv|kubeconfig|wp-config/

/**
 * What an object's name gives away: `ransomNote` for the notes that extortionists leave ("HOW_TO_DECRYPT_FILES.txt"),
 * `credential` for files that hold keys or passwords (".env", "id_rsa", ".aws/credentials", "*.tfstate" …; public keys
 * do not count). Any letter case; only the last path segment counts. Undefined for everything else, for absent keys
 * and for folder markers.
 *
 * @example
 * classifyObjectName('backup/.aws/credentials') // 'credential'
 */
export function classifyObjectName(key: string | undefined): KeyClass | undefined {
  if (key === undefined || key === '') return undefined
  const name = key.slice(key.lastIndexOf('/') + 1).toLowerCase()
  // Names of a kilobyte are no notes; the bound keeps a hostile key from costing time.
  if (name === '' || name.length > 256) return undefined
  if (NOTE_HINT.test(name) && isNote(name)) return 'ransomNote'
  return CREDENTIAL_HINT.test(name) && CREDENTIALS.some((pattern) => pattern.test(name)) ? 'credential' : undefined
}

function isNote(name: string): boolean {
  if (CODE_TYPE.test(name)) return false
  return NOTE_PHRASES.some((pattern) => pattern.test(name)) || (NOTE_WORD.test(name) && NOTE_TYPE.test(name))
}
