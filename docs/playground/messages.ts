/**
 * Splits what was typed or pasted into messages: one a line, except that a JSON object which is spread over lines is one
 * message, and that the records of a JSON list or of a CloudTrail file are messages.
 *
 * @example splitMessages('ERROR x\n{\n  "a": 1\n}') // ['ERROR x', '{\n  "a": 1\n}']
 */
export function splitMessages(text: string): string[] {
  return recordsOf(text) ?? splitLines(text)
}

function recordsOf(text: string): string[] | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith('[') && !/^\{\s*"Records"/.test(trimmed)) return undefined
  try {
    const value = JSON.parse(trimmed) as unknown
    const records = Array.isArray(value) ? value : (value as { Records?: unknown }).Records
    if (!Array.isArray(records) || !records.every((each) => typeof each === 'object' && each !== null)) return undefined
    return records.map((each) => JSON.stringify(each))
  } catch {
    return undefined
  }
}

function splitLines(text: string): string[] {
  const messages: string[] = []
  let pending: string[] = []
  let depth = 0
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    if (pending.length === 0 && !/^\s*\{/.test(line)) {
      if (line.trim() !== '') messages.push(line)
      continue
    }
    pending.push(line)
    depth += balance(line)
    if (depth <= 0) {
      messages.push(pending.join('\n'))
      pending = []
      depth = 0
    } else if (index === lines.length - 1) {
      // No object after all: each line speaks for itself.
      messages.push(...pending.filter((each) => each.trim() !== ''))
    }
  }
  return messages
}

/** Braces opened less braces closed, outside of strings. */
function balance(line: string): number {
  let depth = 0
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*"?|[{}]/g)) {
    if (token === '{') depth += 1
    else if (token === '}') depth -= 1
  }
  return depth
}
