/** Letters regardless of case, digits all alike, and the marks that names have; 0 for everything else. */
const CLASSES = 32
const DIGIT = 27
const classes = new Uint8Array(128)
for (let letter = 0; letter < 26; letter++) classes[0x41 + letter] = classes[0x61 + letter] = letter + 1
for (let digit = 0x30; digit <= 0x39; digit++) classes[digit] = DIGIT
for (const [index, mark] of [...'._-'].entries()) classes[mark.charCodeAt(0)] = DIGIT + 1 + index

/**
 * Makes a cheap test before costly ones: whether a text may hold a word that begins with one of the given three
 * characters, in any letter case. It says yes too often, never too seldom: of texts that are not ASCII always.
 *
 * @param beginnings three characters each, parted by spaces.
 * @example
 * createHint('ran cry')('HOW_TO_DECRYPT.txt') // true
 */
export function createHint(beginnings: string): (text: string) => boolean {
  const table = new Uint8Array(CLASSES ** 3)
  for (const three of beginnings.split(' ')) {
    const [a, b, c] = [0, 1, 2].map((at) => classes[three.charCodeAt(at)]!) as [number, number, number]
    table[(a * CLASSES + b) * CLASSES + c] = 1
  }
  return (text) => {
    const last = CLASSES ** 3 - 1
    let three = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code >= 0x80) return true
      three = ((three << 5) | classes[code]!) & last
      if (table[three] === 1) return true
    }
    return false
  }
}
