/** Building nodes. Text enters the page as text nodes only, so that nothing in a log can run. */

export type Child = Node | string

/** Control characters, directional and other invisible marks, line breaks, lone surrogates. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Text of strangers: what would hide or reorder it is shown by its number. */
export function shown(text: string): Child[] {
  const parts: Child[] = []
  let end = 0
  for (const { 0: mark, index } of text.matchAll(HIDDEN)) {
    if (index > end) parts.push(text.slice(end, index))
    const name = `U+${mark.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    parts.push(plain('span', { class: 'hidden-mark', title: 'an invisible character' }, name))
    end = index + mark.length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

function plain<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    node.setAttribute(name, value === true ? '' : String(value))
  }
  node.append(...children)
  return node
}

/** An element; its texts are shown as {@link shown} has them. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes | string = {},
  ...children: readonly (Child | undefined | false)[]
): HTMLElementTagNameMap[K] {
  const given = typeof attributes === 'string' ? { class: attributes } : attributes
  return plain(
    tag,
    given,
    ...children.flatMap((child) =>
      child === undefined || child === false ? [] : typeof child === 'string' ? shown(child) : [child],
    ),
  )
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const node = el('button', { type: 'button', ...attributes }, label)
  node.addEventListener('click', onClick)
  return node
}

export const get = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T

/** A section of the report, with its heading. */
export function section(id: string, title: string, about: string, ...children: readonly Child[]): HTMLElement {
  return el(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, title),
    about !== '' && el('p', 'about', about),
    ...children,
  )
}

/** A table with heads; cells are nodes or texts, numbers stand to the right. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Child | number)[])[],
  format: (value: number) => string = String,
): HTMLElement {
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    el(
      'table',
      {},
      el('caption', 'visually-hidden', caption),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...heads.map((head, index) =>
            el('th', { scope: 'col', class: typeof rows[0]?.[index] === 'number' ? 'number' : undefined }, head),
          ),
        ),
      ),
      el(
        'tbody',
        {},
        ...rows.map((row) =>
          el(
            'tr',
            {},
            ...row.map((cell) => (typeof cell === 'number' ? el('td', 'number', format(cell)) : el('td', {}, cell))),
          ),
        ),
      ),
    ),
  )
}

/** The severity as a coloured word; faint where it is only that of a rule. */
export const badge = (severity: string, isFaint = false): HTMLElement =>
  el('span', `badge ${isFaint ? 'faint' : severity}`, severity)
