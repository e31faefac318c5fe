import { isObject } from '../basics/is-object.ts'
import { listOf } from '../derive/json.ts'

/**
 * How many objects a record says that it deleted: of a DeleteObjects, or of a DeleteVectors, the keys that it lists,
 * where it lists them, else one. CloudTrail mostly leaves the list out; access logs have a line for each object.
 *
 * @example
 * deletesOf({ eventName: 'DeleteObjects', requestParameters: { delete: { objects: [{ key: 'a' }, { key: 'b' }] } } }) // 2
 */
export function deletesOf(record: unknown): number {
  if (!isObject(record)) return 1
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {}
  const response = isObject(record.responseElements) ? record.responseElements : {}
  const asked = parameters.delete ?? parameters.Delete ?? parameters
  const lists = [
    listed(asked, ['objects', 'object', 'Objects', 'Object', 'keys']),
    listed(response, ['deleted', 'Deleted']),
  ]
  const named = listOf(record.resources).filter(
    (one) => isObject(one) && one.ARN !== undefined && isObjectType(one.type),
  )
  return Math.max(1, ...lists, named.length)
}

/** Whether a message may list what was deleted: without, {@link deletesOf} is 1. */
export const mayListDeletes = (message: string): boolean =>
  /"(?:[oO]bjects?|[dD]eleted|resources|[dD]elete|keys)":|\\u00/.test(message)

function listed(value: unknown, names: readonly string[]): number {
  if (Array.isArray(value)) return value.length
  return isObject(value) ? Math.max(0, ...names.map((name) => listOf(value[name]).length)) : 0
}

const isObjectType = (type: unknown): boolean => type === 'AWS::S3::Object' || type === 'AWS::S3Express::Object'
