/** Objects that are large, and end nowhere or consist of nothing. */
export interface Shape {
  readonly head: string
  /** What comes after it, over and over. */
  readonly unit: string
  /** How much of it, beyond what would fit if it were held. Less where a unit is a record of its own: each takes time. */
  readonly megabytes: number
}

const LINE = '79a5 amzn-s3-demo-bucket [17/Mar/2026:08:00:00 +0000] 192.0.2.3 - 7ACC4BE89EXAMPLE REST.GET.OBJECT a '
const EVENT =
  '{"eventVersion":"1.11","eventName":"X","eventSource":"s3.amazonaws.com","eventTime":"2026-03-17T08:00:00Z"}'

export const SHAPES: Readonly<Record<string, Shape>> = {
  'a list of numbers': { head: '{"Records":[1', unit: ',1', megabytes: 2 },
  'a list of empty objects': { head: `{"Records":[${EVENT}`, unit: ',{}', megabytes: 2 },
  'empty objects, one after another': { head: `${EVENT}\n`, unit: '{}\n', megabytes: 2 },
  'a record that does not end': { head: `{"Records":[{"eventVersion":"1.11","a":"`, unit: 'é x', megabytes: 96 },
  'an object that does not end': { head: `${EVENT.slice(0, -1)},"a":"`, unit: 'é x', megabytes: 96 },
  brackets: { head: '{"Records":[', unit: '[', megabytes: 64 },
  'a line that does not end': { head: LINE, unit: 'é x', megabytes: 96 },
  'lines that are none': { head: `${LINE}\n`, unit: 'x\n', megabytes: 2 },
  'a field that does not end': {
    head: 'eventversion,eventtime,eventsource,eventname,eventid\n1.11,"',
    unit: 'é x',
    megabytes: 96,
  },
  'lines behind a time': {
    head: `2026-03-17T08:00:00Z s ${EVENT}\n2026-03-17T08:00:00Z s {`,
    unit: '"é":1,\n',
    megabytes: 8,
  },
  'a line behind a time': {
    head: `2026-03-17T08:00:00Z s ${EVENT}\n2026-03-17T08:00:00Z s `,
    unit: 'é x',
    megabytes: 96,
  },
  'an event of EventBridge that does not end': {
    head: '{"detail-type":"x","detail":{"a":"',
    unit: 'é x',
    megabytes: 96,
  },
}
