/**
 * Orders two `sequencer` values of the same object key: negative when `a` is older, positive when it is newer, 0 when
 * they are the same event. Values are hexadecimal of differing length: the shorter one is padded with zeros on the
 * right. Values of different keys say nothing about each other.
 *
 * Source: Amazon S3 User Guide, "Event message structure".
 *
 * @example
 * compareSequencer('0055AED6DCD90281E5', '0055AED6DCD90281E6') // -1
 */
export function compareSequencer(a: string, b: string): -1 | 0 | 1 {
  const length = Math.max(a.length, b.length)
  const left = a.toUpperCase().padEnd(length, '0')
  const right = b.toUpperCase().padEnd(length, '0')
  if (left === right) return 0
  return left < right ? -1 : 1
}
