import { DERIVED, FIELDS } from '../access-log/table.ts'
import { whenLeftOut } from '../cloudtrail/doc.ts'
import { MEMBERS } from '../cloudtrail/members.ts'
import type { Lean } from '../derive/lean.ts'
import type { Cause, Difference, RecordOf } from './compare-pattern.ts'

/** A difference that stays, and why. docs/vocabulary-exceptions.md lists them with the filters that meet them. */
export interface Exception {
  /** The member concerned, with all below it: `$.tlsDetails` is `$.tlsDetails.tlsVersion` too. `$`: any. */
  readonly member: string
  readonly of: readonly RecordOf[]
  readonly details: readonly Difference['detail'][]
  readonly changes: readonly Cause['change'][]
  /** Only where the raw log event had this there. */
  readonly was?: readonly Cause['was'][]
  readonly what: string
  readonly why: string
  /** What to write instead, or which setting gives it back. */
  readonly instead: string
  /** The same for a filter that asks whether it is there. */
  readonly insteadOfAbsence?: string
}

const EVENTS: readonly RecordOf[] = ['event', 'objectEvent']
const FULL = '`detail: full`'
/** How a pattern asks whether a member is not there; queries have a function for it. */
const ABSENT = '`NOT EXISTS`'

const GENERAL: readonly Exception[] = [
  {
    member: '$.readOnly',
    of: EVENTS,
    details: ['lean', 'full'],
    changes: ['added', 'changed'],
    what: '`readOnly` is there, and a boolean, where CloudTrail leaves it out or writes a text',
    why: 'told from the name of the call, so that one filter covers all events of all years',
    instead: 'nothing: filters see the calls that they meant',
  },
  {
    member: '$',
    of: EVENTS,
    details: ['lean'],
    changes: ['missing'],
    was: ['null', 'empty'],
    what: 'a member that is null or empty is left out',
    why: 'most events have two of them, and no published filter asks for them',
    instead: `${ABSENT}, or ${FULL}`,
    insteadOfAbsence: FULL,
  },
  ...['$.eventName', '$.eventSource', '$.eventTime', '$.eventID', '$.recipientAccountId'].map(
    (member): Exception => ({
      member,
      of: EVENTS,
      details: ['lean', 'full'],
      changes: ['added'],
      what: `\`${member.slice(2)}\` of Insight and aggregated events, which CloudTrail gives under other names`,
      why: 'every record has a name, a source, a time and an account',
      instead: "nothing: filters on CloudTrail's own names for them match, too",
    }),
  ),
  ...['$.userIdentity.accountId', '$.recipientAccountId'].map(
    (member): Exception => ({
      member,
      of: EVENTS,
      details: ['lean', 'full'],
      changes: ['changed'],
      what: `\`${member.slice(2)}\`, where a pipeline before us made it a number, is a text again`,
      why: 'a field has one JSON type for ever, and an account id keeps its leading zeros',
      instead: 'nothing: a filter on the id matches',
    }),
  ),
  ...['$.eventTime', '$.recipientAccountId'].map(
    (member): Exception => ({
      member,
      of: EVENTS,
      details: ['lean', 'full'],
      changes: ['added'],
      what: `\`${member.slice(2)}\` is there on Insight and aggregated events, which say it one level down`,
      why: 'so that one filter and one query cover all events',
      instead: 'nothing',
    }),
  ),
  {
    member: '$.tlsDetails',
    of: EVENTS,
    details: ['lean', 'full'],
    changes: ['missing'],
    was: ['placeholder'],
    what: 'of `tlsDetails`, values that are the names of their members (`"tlsVersion": "tlsVersion"`)',
    why: 'placeholders that some services log: they are no TLS version',
    instead: 'nothing',
  },
]

/** What lean CloudTrail records go without, by the table that decides it. */
const LEFT_OUT_OF_EVENTS: readonly Exception[] = MEMBERS.flatMap((row): Exception[] => {
  const when = whenLeftOut(row)
  if (when === undefined) return []
  return [
    {
      member: `$.${row.path}`,
      of: row.drop === undefined ? ['objectEvent'] : EVENTS,
      details: ['lean'],
      changes: ['missing'],
      what: `\`${row.path}\` of ${row.drop === undefined ? 'S3 data events' : 'all events'}, ${when}`,
      why: row.why ?? '',
      instead: FULL,
    },
  ]
})

/** The same of lean access-log records. */
const LEFT_OUT_OF_LINES: readonly Exception[] = [...FIELDS, ...DERIVED].flatMap(
  ({ lean, member, why = '' }: Lean & { readonly member: string }): Exception[] => {
    if (lean === 'kept') return []
    const isPlain = lean === 'plain'
    return [
      {
        member: `$.${member}`,
        of: ['line'],
        details: ['lean'],
        changes: ['missing'],
        what: `\`${member}\` of access-log records${isPlain ? `, where it is: ${why}` : ''}`,
        why: isPlain ? 'the rest of the record says it' : why,
        instead: isPlain ? `${ABSENT} as an alternative, or ${FULL}` : FULL,
        insteadOfAbsence: FULL,
      },
    ]
  },
)

export const EXCEPTIONS: readonly Exception[] = [...GENERAL, ...LEFT_OUT_OF_EVENTS, ...LEFT_OUT_OF_LINES]

/** The exception that explains a cause, where there is one. */
export function exceptionFor(detail: Difference['detail'], cause: Cause): Exception | undefined {
  const fitting = EXCEPTIONS.filter(
    ({ details, changes, of, was }) =>
      details.includes(detail) &&
      changes.includes(cause.change) &&
      of.includes(cause.of) &&
      (was === undefined || was.includes(cause.was)),
  )
  return (
    fitting.find(({ member }) => isBelow(cause.member, member)) ??
    // An object goes with the last of its members.
    (cause.change === 'missing' ? fitting.find(({ member }) => isBelow(member, cause.member)) : undefined)
  )
}

/**
 * Why a cause is, and the way out, in words and in the language of whoever asks; undefined where no exception explains it.
 */
export function explanationOf(
  detail: Difference['detail'],
  cause: Cause,
  language: 'pattern' | 'query' = 'pattern',
): { readonly why: string; readonly instead: string } | undefined {
  const exception = exceptionFor(detail, cause)
  if (exception === undefined) return undefined
  const { instead, insteadOfAbsence = instead, member, why } = exception
  const isOfInner = member !== cause.member && isBelow(member, cause.member)
  return {
    why: isOfInner ? 'all that is in it goes, each member for a reason of its own (docs/record.md)' : why,
    instead: inLanguage(language, cause.member, cause.asksAbsence ? insteadOfAbsence : instead),
  }
}

/** Insights has no NOT EXISTS. */
const inLanguage = (language: 'pattern' | 'query', member: string, instead: string): string =>
  language === 'pattern' ? instead : instead.replace(ABSENT, `\`not ispresent(${member.slice(2)})\``)

function isBelow(member: string, above: string): boolean {
  return member.startsWith(above) && /^(?:$|[.[])/.test(member.slice(above.length))
}
