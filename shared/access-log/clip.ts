import { redactSecrets } from '../derive/redact.ts'
import { quote } from './text.ts'

/** Longer client texts are cut, with `truncated: true`: no header that S3 accepts is longer. Characters. */
export const MAX_TEXT = 16_384
/** Trailing fields that are not known: kept up to this many. */
const MAX_EXTRA = 32
const MAX_EXTRA_TEXT = 1024

/** Cuts the texts of one line, and knows whether it did. */
export interface Clip {
  text(text: string): string
  /** Whether anything was cut so far. */
  cut(): boolean
}

export function createClip(): Clip {
  let cut = false
  return {
    text(text) {
      if (text.length <= MAX_TEXT) return text
      cut = true
      return text.slice(0, MAX_TEXT)
    },
    cut: () => cut,
  }
}

export function clippedUserAgent(userAgent: string, clip: Clip): string {
  return `,"userAgent":${quote(redactSecrets(clip.text(userAgent)))}`
}

/** The fields that no table knows, as a JSON array. */
export function unknownFields(extra: readonly string[]): string {
  return JSON.stringify(extra.slice(0, MAX_EXTRA).map((text) => redactSecrets(text.slice(0, MAX_EXTRA_TEXT))))
}
