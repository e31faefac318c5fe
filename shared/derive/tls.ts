/** What is known about a connection's encryption. */
export interface TlsFacts {
  /** "TLSv1.2", "TLSv1.3", "TLSv1" …; undefined where it is not known. */
  readonly tlsVersion?: string | undefined
  /** Older than TLS 1.2. */
  readonly tlsOutdated: boolean
}

const UNKNOWN: TlsFacts = { tlsOutdated: false }
const KNOWN = new Map<string, TlsFacts>()

/**
 * Reads a TLS version in any of the spellings the logs have: "TLSv1.2", "TLSV1.2", "1.3", "TLSv1", "SSLv3". "-" and
 * placeholders (CloudTrail sometimes logs the field's own name, "tlsVersion") are unknown, never outdated.
 *
 * @see CloudTrail record contents (tlsDetails); Amazon S3 server access log format (TLS version)
 * @example
 * deriveTls('1.3') // { tlsVersion: 'TLSv1.3', tlsOutdated: false }
 */
export function deriveTls(version: string | undefined): TlsFacts {
  if (version === undefined) return UNKNOWN
  const known = KNOWN.get(version)
  if (known !== undefined) return known
  const match = /^\s*(?:(tls|ssl)\s*v?\s*)?(\d)(?:[._](\d))?\s*$/i.exec(version)
  if (match === null) return UNKNOWN
  const [, protocol = 'tls', major = '', minor = '0'] = match
  const isSsl = protocol.toLowerCase() === 'ssl'
  const tlsVersion = `${isSsl ? 'SSLv' : 'TLSv'}${major}${minor === '0' ? '' : `.${minor}`}`
  const facts = { tlsVersion, tlsOutdated: isSsl || (major === '1' && Number(minor) < 2) }
  if (KNOWN.size < 64) KNOWN.set(version, facts)
  return facts
}
