/** Names (keys, log groups, log streams) as file names: the same on every system, and reversible. */

/** The longest file name that common file systems take, in bytes. */
export const MAX_FILE_NAME_BYTES = 255

// What Windows forbids in a file name, and `%`, so that decoding is unambiguous.
const UNSAFE = /[\u0000-\u001f\u007f<>:"|?*\\%]/g
const ENCODED = /%(0[0-9A-F]|1[0-9A-F]|7F|3C|3E|3A|22|7C|3F|2A|5C|25)/g

/**
 * One path segment as a file name: characters that some system forbids become `%XX`. `.` and `..` and the empty name are
 * the caller's to refuse.
 *
 * @example
 * encodeFileName('a:b') // "a%3Ab"
 */
export function encodeFileName(name: string): string {
  return name.replace(UNSAFE, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** The inverse of {@link encodeFileName}; other `%XX` stay as they are. */
export function decodeFileName(fileName: string): string {
  return fileName.replace(ENCODED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
