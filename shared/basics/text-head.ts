/** The beginning of a text, given as bytes; what is no UTF-8 becomes U+FFFD. */
export function textHead(bytes: Uint8Array, maxBytes = 16 * 1024): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxBytes)).toString('utf8')
}
