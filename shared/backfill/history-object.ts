import { isObject } from '../basics/is-object.ts'

/** An object as CloudTrail would have delivered it. */
export interface HistoryObject {
  readonly key: string
  /** `{"Records":[…]}` */
  readonly text: string
  readonly records: number
}

const NOBODY = '000000000000'

/**
 * Puts records of Event history into objects as CloudTrail delivers them, one a day: the same names, so that whatever
 * reads a trail reads them. The name's time is the minute after the last record. The same records give the same name: an object
 * that is written twice is there once.
 *
 * @param records JSON texts, latest first, as Event history gives them; none is no object.
 * @param unique makes 16 characters of a text, the same ones for the same text.
 * @see AWS CloudTrail User Guide, "CloudTrail log file name format"
 */
export function historyObjects(
  records: readonly string[],
  { region, unique }: { readonly region: string; readonly unique: (text: string) => string },
): HistoryObject[] {
  const days = Map.groupBy(records.map(read), ({ time, account }) => `${account}/${time.slice(0, 10)}`)
  return [...days.values()].map((latestFirst) => {
    const { account, time, text } = latestFirst[0]!
    const stamp = new Date((Math.floor(Date.parse(time) / 60_000) + 1) * 60_000).toISOString()
    const minute = `${stamp.slice(0, 16).replaceAll(/[-:]/g, '')}Z`
    const folder = `AWSLogs/${account}/CloudTrail/${region}/${stamp.slice(0, 10).replaceAll('-', '/')}`
    const name = `${account}_CloudTrail_${region}_${minute}_${unique(text)}.json.gz`
    const texts = latestFirst.map((record) => record.text).reverse()
    return { key: `${folder}/${name}`, text: `{"Records":[${texts.join(',')}]}`, records: texts.length }
  })
}

/** A record that is no JSON is handed on as a string: whoever reads the object quarantines it, and says so. */
function read(text: string): { text: string; account: string; time: string } {
  try {
    const record: unknown = JSON.parse(text)
    if (!isObject(record)) return { text, account: NOBODY, time: EPOCH }
    const { recipientAccountId: account, eventTime } = record
    return {
      text,
      account: typeof account === 'string' && /^\d{12}$/.test(account) ? account : NOBODY,
      time: typeof eventTime === 'string' && !Number.isNaN(Date.parse(eventTime)) ? eventTime : EPOCH,
    }
  } catch {
    return { text: JSON.stringify(text), account: NOBODY, time: EPOCH }
  }
}

const EPOCH = '1970-01-01T00:00:00Z'
