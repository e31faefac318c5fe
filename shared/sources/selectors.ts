/**
 * A trail's event selectors, as the CloudTrail API has them: basic ones, or advanced ones. A trail has one kind or the
 * other, and PutEventSelectors replaces all of them.
 */

/** One condition of an advanced selector. Values of one operator are alternatives. */
export interface FieldSelector {
  readonly Field: string | undefined
  readonly Equals?: readonly string[] | undefined
  readonly StartsWith?: readonly string[] | undefined
  readonly EndsWith?: readonly string[] | undefined
  readonly NotEquals?: readonly string[] | undefined
  readonly NotStartsWith?: readonly string[] | undefined
  readonly NotEndsWith?: readonly string[] | undefined
}

export interface AdvancedSelector {
  readonly Name?: string | undefined
  readonly FieldSelectors: readonly FieldSelector[] | undefined
}

export interface DataResource {
  readonly Type?: string | undefined
  readonly Values?: readonly string[] | undefined
}

export interface BasicSelector {
  readonly ReadWriteType?: string | undefined
  readonly IncludeManagementEvents?: boolean | undefined
  readonly DataResources?: readonly DataResource[] | undefined
  readonly ExcludeManagementEventSources?: readonly string[] | undefined
}

/** What a trail has: one of the two, never both. */
export interface EventSelectors {
  readonly EventSelectors?: readonly BasicSelector[] | undefined
  readonly AdvancedEventSelectors?: readonly AdvancedSelector[] | undefined
}

export const OPERATORS = ['Equals', 'StartsWith', 'EndsWith', 'NotEquals', 'NotStartsWith', 'NotEndsWith'] as const
export type Operator = (typeof OPERATORS)[number]

/** aws: CloudTrail User Guide, "Quotas": conditions across all advanced selectors of a trail. */
export const MAX_CONDITIONS = 500

/** Prefixes with which a basic selector means everything of a service. aws: API Reference, "DataResource". */
const EVERYTHING: Readonly<Record<string, RegExp>> = {
  'AWS::S3::Object': /^arn:[a-z-]+:s3(?::::?)?:?$/,
  'AWS::Lambda::Function': /^arn:[a-z-]+:lambda:?$/,
  'AWS::DynamoDB::Table': /^arn:[a-z-]+:dynamodb:?$/,
}

/**
 * The same selection in advanced selectors. Advanced ones pass as they are; a trail without any selector logs all
 * management events and no data event.
 *
 * Sources: CloudTrail API Reference, "DataResource" (an S3 value is the beginning of an object's ARN, a function's or a
 * table's is exact), "PutEventSelectors" (the default); CloudTrail User Guide, "Logging data events".
 *
 * @example
 * toAdvanced({ EventSelectors: [{ ReadWriteType: 'WriteOnly', IncludeManagementEvents: true }] })
 * // [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }, { Field: 'readOnly', Equals: ['false'] }] }]
 */
export function toAdvanced({ EventSelectors, AdvancedEventSelectors }: EventSelectors): AdvancedSelector[] {
  if (AdvancedEventSelectors !== undefined && AdvancedEventSelectors.length > 0) return [...AdvancedEventSelectors]
  const basic = EventSelectors === undefined || EventSelectors.length === 0 ? [{}] : EventSelectors
  return basic.flatMap(advancedOf)
}

function advancedOf(selector: BasicSelector): AdvancedSelector[] {
  const { ReadWriteType = 'All', IncludeManagementEvents = true, DataResources = [] } = selector
  const readOnly: FieldSelector[] =
    ReadWriteType === 'All' ? [] : [{ Field: 'readOnly', Equals: [String(ReadWriteType === 'ReadOnly')] }]
  const excluded = selector.ExcludeManagementEventSources ?? []
  const management: AdvancedSelector[] = IncludeManagementEvents
    ? [
        {
          Name: 'Management events',
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Management'] },
            ...readOnly,
            ...(excluded.length === 0 ? [] : [{ Field: 'eventSource', NotEquals: [...excluded] }]),
          ],
        },
      ]
    : []
  return [...management, ...DataResources.flatMap((resource) => dataSelector(resource, readOnly))]
}

/** A data resource without values selects nothing. */
function dataSelector({ Type = '', Values = [] }: DataResource, readOnly: readonly FieldSelector[]) {
  if (Values.length === 0) return []
  const all = Values.some((value) => EVERYTHING[Type]?.test(value) === true)
  const arn: FieldSelector[] = all
    ? []
    : [{ Field: 'resources.ARN', [Type === 'AWS::S3::Object' ? 'StartsWith' : 'Equals']: [...Values] }]
  return [
    {
      Name: `Data events of ${Type}`,
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: [Type] },
        ...readOnly,
        ...arn,
      ],
    },
  ]
}

/** The values of all conditions together, which {@link MAX_CONDITIONS} limits. */
export function countConditions(selectors: readonly AdvancedSelector[]): number {
  return selectors
    .flatMap(({ FieldSelectors }) => FieldSelectors ?? [])
    .reduce((sum, field) => sum + OPERATORS.reduce((n, operator) => n + (field[operator]?.length ?? 0), 0), 0)
}

/**
 * A text that is the same for selectors that mean the same: selectors, fields and values in any order, empty lists and
 * what CloudTrail fills in left out.
 */
export function canonicalSelectors(selectors: EventSelectors): string {
  const advanced = selectors.AdvancedEventSelectors ?? []
  if (advanced.length > 0) return JSON.stringify(advanced.map(canonicalAdvanced).sort())
  const basic = selectors.EventSelectors ?? []
  return JSON.stringify((basic.length === 0 ? [{}] : basic).map(canonicalBasic).sort())
}

function canonicalAdvanced({ Name = '', FieldSelectors = [] }: AdvancedSelector): string {
  const fields = (FieldSelectors as readonly FieldSelector[]).map((field) =>
    JSON.stringify([
      field.Field ?? '',
      ...OPERATORS.map((operator) => {
        const values = field[operator] ?? []
        return values.length === 0 ? null : [...values].sort()
      }),
    ]),
  )
  return JSON.stringify([Name, ...fields.sort()])
}

function canonicalBasic(selector: BasicSelector): string {
  const resources = (selector.DataResources ?? [])
    .filter(({ Values = [] }) => Values.length > 0)
    .map(({ Type, Values = [] }) => JSON.stringify([Type, ...[...Values].sort()]))
  return JSON.stringify([
    selector.ReadWriteType ?? 'All',
    selector.IncludeManagementEvents ?? true,
    resources.sort(),
    [...(selector.ExcludeManagementEventSources ?? [])].sort(),
  ])
}
