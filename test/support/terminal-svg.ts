/** A terminal's screen as a picture: lines of text with ANSI colours, drawn as text in an SVG. */
import { stripVTControlCharacters } from 'node:util'

const COLUMN = 8.4
const ROW = 18
const MARGIN = 16

/** The codes that styleText writes, as classes of the style below. */
const CLASSES: Readonly<Record<string, string>> = { 1: 'b', 2: 'd', 31: 'r', 32: 'g', 33: 'y', 34: 'u' }
const OFF: Readonly<Record<string, readonly string[]>> = {
  22: ['b', 'd'],
  39: ['r', 'g', 'y', 'u'],
  0: ['b', 'd', 'r', 'g', 'y', 'u'],
}

const STYLE = `rect{fill:#fff;stroke:#d1d9e0}text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}.b{font-weight:700}.d{fill:#59636e}.r{fill:#cf222e}.g{fill:#1a7f37}.y{fill:#9a6700}.u{fill:#0969da}
@media (prefers-color-scheme:dark){rect{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc}.d{fill:#9198a1}.r{fill:#ff7b72}.g{fill:#3fb950}.y{fill:#d29922}.u{fill:#4493f8}}`

/**
 * @param lines as written to a terminal, with ANSI codes for colours
 * @param title what the picture shows, for those who cannot see it
 * @example terminalSvg(['\u001b[31mHIGH\u001b[39m  08:45  …'], { columns: 80, title: 'the end of npm start' })
 */
export function terminalSvg(
  lines: readonly string[],
  options: { readonly columns: number; readonly title: string },
): string {
  const width = Math.ceil(options.columns * COLUMN + 2 * MARGIN)
  const height = lines.length * ROW + 2 * MARGIN
  const rows = lines.map((line, index) => {
    // The width of the text is given, whatever font is at hand.
    const { length } = [...stripVTControlCharacters(line)]
    const y = MARGIN + index * ROW + 13
    return length === 0
      ? ''
      : `<text x="${MARGIN}" y="${y}" textLength="${round(length * COLUMN)}" xml:space="preserve">${spans(line)}</text>\n`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(options.title)}"><style>${STYLE}</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>
${rows.join('')}</svg>
`
}

function spans(line: string): string {
  const on = new Set<string>()
  return line
    .split('\u001b[')
    .map((part, index) => {
      const codes = index === 0 ? undefined : /^([\d;]*)m/.exec(part)
      for (const code of codes?.[1]?.split(';') ?? []) {
        for (const name of OFF[code] ?? []) on.delete(name)
        if (CLASSES[code] !== undefined) on.add(CLASSES[code])
      }
      const text = escaped(part.slice(codes?.[0].length ?? 0))
      return on.size === 0 || text === '' ? text : `<tspan class="${[...on].join(' ')}">${text}</tspan>`
    })
    .join('')
}

const round = (value: number): number => Math.round(value * 10) / 10

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
