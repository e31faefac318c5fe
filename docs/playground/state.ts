import { RECORD_SCHEMA_NAMES, type RecordSchemaName } from '../../shared/filter-pattern/record-schemas.ts'

/** What the records are taken to be; `auto`: told by the keys the pattern reads. */
export type RecordsOption = RecordSchemaName | 'auto' | 'none'

/** All that the page shows follows from this; it can be shared in the page's address. */
export interface PlaygroundState {
  readonly pattern: string
  readonly messages: string
  readonly records: RecordsOption
  readonly literalStar: boolean
  readonly textAroundJson: boolean
}

export const EMPTY_STATE: PlaygroundState = {
  pattern: '',
  messages: '',
  records: 'auto',
  literalStar: false,
  textAroundJson: false,
}

/** The longest address that browsers, chats and mail take without harm. */
export const MAX_ADDRESS = 16_000

/** The state as a URL fragment, without `#`: base64url of JSON. */
export function encodeState(state: PlaygroundState): string {
  const bytes = new TextEncoder().encode(JSON.stringify(state))
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The state of a fragment (with or without `#`); undefined for one that is none. Nothing in it is trusted. */
export function decodeState(fragment: string): PlaygroundState | undefined {
  const text = fragment.replace(/^#/, '').replaceAll('-', '+').replaceAll('_', '/')
  if (text === '') return undefined
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
    const { pattern, messages, records } = value
    if (typeof pattern !== 'string' || typeof messages !== 'string') return undefined
    const known: readonly unknown[] = ['auto', 'none', ...RECORD_SCHEMA_NAMES]
    return {
      pattern,
      messages,
      records: known.includes(records) ? (records as RecordsOption) : 'auto',
      literalStar: value.literalStar === true,
      textAroundJson: value.textAroundJson === true,
    }
  } catch {
    return undefined
  }
}
