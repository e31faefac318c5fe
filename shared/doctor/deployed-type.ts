/** What the doctor knows of a type of resource, whichever it is. */
import type { JsonObject } from '../derive/json.ts'
import type { Place } from './restore.ts'
import type { TemplateResource } from './template-values.ts'

export interface DeployedType {
  /** As people call it. */
  readonly noun: string
  readonly nameOf: (resource: TemplateResource) => string
  /** What it should be where the template says nothing; null: nothing may be there. */
  readonly defaults?: JsonObject
  /** The same, where it follows from other resources of the template. */
  readonly derived?: (resource: TemplateResource, all: readonly TemplateResource[]) => JsonObject
  /** Properties that are looked at with another resource, or that cannot be read. */
  readonly ignored?: readonly string[]
  /** Properties on which nothing hangs. */
  readonly cosmetic?: readonly string[]
  /** Lists in which only what they hold beyond the template's counts, as a thing to look at. */
  readonly beyond?: readonly string[]
  /** What follows where the resource is gone, or is not what it should be. */
  readonly harm: string
  /** One or more commands. */
  readonly restore: (resource: TemplateResource, place: Place) => readonly string[]
}

export const physicalId = ({ physicalId: id }: TemplateResource): string => id
export const named =
  (property: string) =>
  ({ properties, physicalId: id }: TemplateResource): string =>
    typeof properties[property] === 'string' ? properties[property] : id
export const lastPart = ({ physicalId: id }: TemplateResource): string =>
  id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf(':')) + 1)
