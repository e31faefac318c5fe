import type { KeyClass } from '../contracts/record.ts'
import { createHint } from './name-hint.ts'
import { isNoteName } from './note-name.ts'

const CREDENTIALS = [
  /\.(?:pem|ppk|p12|pfx|pkcs12|jks|keystore|kdbx?|ovpn|tfstate(?:\.backup)?|tfvars(?:\.json)?|agekey|p8|priv|publishsettings|keychain(?:-db)?)$/,
  /\.env(?:rc|\.(?:local|dev|development|prod|production|stag(?:e|ing)|test|bak|backup|old))?$/,
  /(?:^|[^a-z])id_(?:rsa|dsa|ecdsa|ed25519)(?!.*\.pub$)/,
  /credentials?(?:\.(?:json|csv|xml|ya?ml|ini|txt|bak|db|tfrc\.json))?(?:\.(?:old|bak|backup|orig|\d+))?$/,
  /(?:private|server|client|ssl|tls|rsa|ssh|secret)[\w.-]*\.key$/,
  /^\.?(?:git-credentials|htpasswd|netrc|pgpass|npmrc|pypirc|dockercfg|s3cfg|boto|my\.cnf|passwd-s3fs|vault-token)$/,
  /^(?:secrets?|client_secret[\w.-]*|service[-_]?account[\w.-]*)\.(?:json|ya?ml|txt)$/,
  // What browsers make of a second download: "accessKeys (1).csv".
  /(?:root|access)[-_]?keys?(?: ?\(\d+\))?\.csv$|^kubeconfig[\w.-]*$|\.kubeconfig$|^wp-config\.php$|^rclone\.conf$|^ntds\.dit$/,
  /^(?:(?:my|all|our|old|prod|root|admin|db|vault|ansible[-_ ]?vault)[-_ ]?)?pass(?:words?|wds?|phrases?)?(?:[-_ ]?(?:list|dump|export|backup|old|prod|all|\d+))?\.(?:txt|csv|xlsx?|json|ya?ml|ini|docx?|bak)$/,
  /^(?:aws|iam|api|secret|private|admin)[-_ ]?(?:access[-_ ]?|secret[-_ ]?)?keys?(?: ?\(\d+\)|[-_ ]?\d+)?\.(?:txt|csv|json|ya?ml|ini|bak)$/,
  /firebase-adminsdk[\w-]*\.json$|^(?:gcp|gcs|gcloud|google|sa)(?:[-_][\w-]*)?[-_]?key\.json$|^\.?dockerconfigjson$|^local\.settings\.json$/,
  /^(?:master|credentials|production|staging)\.key$|[._](?:com|net|org|io|local|internal)\.key$|^hudson\.util\.secret$|^pgpass\.conf$/,
  /^\.(?:bash|zsh|sh|mysql|psql|python|node_repl)_history$|^wallet\.dat$|^g?shadow-?$/,
]

/** Ordinary names that hold secrets only in the folder where a tool keeps them: `.aws/config`, `.docker/config.json`. */
const IN_FOLDERS =
  /(?:^|\/)\.(?:aws\/config|docker\/config\.json|kube\/config|azure\/(?:accesstokens|msal_token_cache)[^/]*|config\/gcloud\/[^/]*|gnupg\/(?:secring|private)[^/]*)$/

/** What goes by the types of private keys and is meant for everybody: certificates, chains, what is trusted. */
const PUBLIC =
  /root|bundle|trust|(?:^|[^a-z])(?:ca(?:certs?)?|certs?|certificates?|(?:full)?chain|intermediates?|issuers?|public|pub(?:key)?|crl|csr)(?=[^a-z]|$)|\.(?:crt|cer)\.pem$/
const PUBLIC_TYPE = /\.(?:pem|jks|keystore|p12)$/
const PRIVATE = /(?:^|[^a-z])(?:priv(?:ate|key)?|keys?)(?=[^a-z]|$)/

/** Cheap tests before the costly ones: every credential's name holds one of these, and so one of their beginnings. */
const MAY_HINT = createHint(
  '.pe .pp .p1 .pf .pk .jk .ke .kd .ov .tf .ag .en id_ cre git htp net pgp npm pyp doc s3c my. sec ser key kub wp- bot pas vau rcl ntd fir goo gcp gcs gcl sa- sa_ loc .pr .pu his wal sha hud',
)
const CREDENTIAL_HINT =
  /\.(?:pem|ppk|p12|pfx|pkcs12|jks|key|kdb|ovpn|tfstate|tfvars|agekey|env)|id_|credential|git-|htpasswd|netrc|pgpass|npmrc|pypirc|dockercfg|s3cfg|my\.cnf|secret|service|keys?\.csv|kubeconfig|wp-config|boto|pass|keys?[\d ()_-]*\.|\.p8|\.priv|publishsettings|keychain|firebase|dockerconfig|local\.settings|_history|wallet|shadow|passwd-s3fs|vault-token|rclone|ntds/

/**
 * What an object's name gives away: `ransomNote` for the notes that extortionists leave ("HOW_TO_DECRYPT_FILES.txt"),
 * `credential` for files that hold keys or passwords (".env", "id_rsa", ".aws/credentials", "*.tfstate" …; public keys
 * and certificates do not count). Any letter case; the last path segment counts, with a tool's own folder before it.
 * Undefined for everything else, for absent keys and for folder markers.
 *
 * @example
 * classifyObjectName('backup/.aws/credentials') // 'credential'
 */
export function classifyObjectName(key: string | undefined): KeyClass | undefined {
  if (key === undefined || key === '') return undefined
  const written = key.slice(key.lastIndexOf('/') + 1)
  // Names of a kilobyte are no notes; the bound keeps a hostile key from costing time.
  if (written === '' || written.length > 256) return undefined
  if (isNoteName(written)) return 'ransomNote'
  if (key.includes('/.') || key.startsWith('.')) {
    if (IN_FOLDERS.test(key.slice(-300).toLowerCase())) return 'credential'
  }
  if (!MAY_HINT(written)) return undefined
  const name = written.toLowerCase()
  return CREDENTIAL_HINT.test(name) && isCredential(name) ? 'credential' : undefined
}

function isCredential(name: string): boolean {
  if (PUBLIC_TYPE.test(name) && PUBLIC.test(name) && !PRIVATE.test(name)) return false
  return CREDENTIALS.some((pattern) => pattern.test(name))
}
