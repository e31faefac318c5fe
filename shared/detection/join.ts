/** Detections of many files beside each other. */
import type { Problem, Result } from './problem.ts'
import type { Detection } from './schema.ts'

/** A CloudFormation logical id keeps letters and digits only; so must ids differ. */
export function logicalName(id: string): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/**
 * Many detection files: what could be read, and every problem of all of them. An id (or its logical name) that two
 * files share is a problem of the later one.
 *
 * @example
 * joinDetections(files.map(({ text, file }) => parseDetection(text, file)))
 */
export function joinDetections(read: Iterable<Result<Detection>>): {
  readonly detections: Detection[]
  readonly problems: Problem[]
} {
  const detections: Detection[] = []
  const problems: Problem[] = []
  const taken = new Map<string, Detection>()
  for (const one of read) {
    if (!one.ok) {
      problems.push(...one.problems)
      continue
    }
    const { id, file } = one.value
    const name = logicalName(id).toLowerCase()
    const earlier = taken.get(name)
    if (earlier !== undefined) {
      const message = `the id "${id}" is already taken by ${earlier.file} ("${earlier.id}")`
      problems.push({ file, line: 1, column: 1, field: 'id', message })
      continue
    }
    taken.set(name, one.value)
    detections.push(one.value)
  }
  return { detections, problems }
}
