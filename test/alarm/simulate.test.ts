import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSimulation, type SimulatedEvent, type SimulationOptions, simulate } from '../../shared/alarm/simulate.ts'
import {
  type AlarmConfig,
  COMPARISON_OPERATORS,
  type MetricAlarmConfig,
  TREAT_MISSING_DATA,
} from '../../shared/alarm/types.ts'
import { createMetricFilter } from '../../shared/metric/filter.ts'
import { MINUTE_MS } from '../../shared/metric/store.ts'

const START = Date.UTC(2026, 10, 25, 9, 0)
const at = (minutes: number) => START + minutes * MINUTE_MS
const GROUP = '/bucketwatch/test/cloudtrail'

const filter = (metricName: string, filterPattern: string, metricValue = '1', logGroupName = GROUP) =>
  createMetricFilter({
    logGroupName,
    filterName: metricName,
    filterPattern,
    metricTransformations: [{ metricNamespace: 'test', metricName, metricValue }],
  })

const alarm = (metricName: string, overrides: Partial<MetricAlarmConfig> = {}): MetricAlarmConfig => ({
  alarmName: metricName,
  namespace: 'test',
  metricName,
  statistic: 'Sum',
  period: 300,
  evaluationPeriods: 1,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  treatMissingData: 'notBreaching',
  ...overrides,
})

const event = (minutes: number, body: unknown, overrides: Partial<SimulatedEvent> = {}): SimulatedEvent => ({
  logGroupName: GROUP,
  timestamp: at(minutes),
  message: JSON.stringify(body),
  ...overrides,
})

const STOP = filter('stop', '{ $.eventName = "StopLogging" }')
const stop = (minutes: number, overrides: Partial<SimulatedEvent> = {}) =>
  event(minutes, { eventName: 'StopLogging' }, overrides)

type Options = Omit<SimulationOptions, 'start' | 'tick'> & { events: readonly SimulatedEvent[]; hours?: number }

/** `minute alarm OLD>NEW`, one for each change. */
function run({ hours = 1, ...options }: Options): string[] {
  const changes = simulate({ ...options, clock: { start: START, end: at(hours * 60) } })
  return changes.map(
    (change) =>
      `${(change.timestamp - START) / MINUTE_MS} ${change.alarm.alarmName} ${change.oldState}>${change.newState}`,
  )
}

describe('simulate', () => {
  it('goes off at the end of the minute, once, and stays for the evaluation range', () => {
    const events = [stop(10.2), stop(12)]
    expect(run({ alarms: [alarm('stop')], filters: [STOP], events })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '11 stop OK>ALARM',
      // Minute 12 is outside three periods of 300 s at minute 28.
      '28 stop ALARM>OK',
    ])
  })

  it('fetches as many points as the parameter says', () => {
    const options = { alarms: [alarm('stop')], filters: [STOP], events: [stop(10)] }
    expect(run({ ...options, evaluationRange: (periods) => periods }).at(-1)).toBe('16 stop ALARM>OK')
    expect(run({ ...options, evaluationRange: (periods) => periods + 2 }).at(-1)).toBe('26 stop ALARM>OK')
  })

  it('waits for the end of the period with wall-clock windows', () => {
    const options = { alarms: [alarm('stop')], filters: [STOP], events: [stop(11)], hours: 2 }
    expect(run({ ...options, evaluationWindow: 'wallClock' })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '15 stop OK>ALARM',
      '30 stop ALARM>OK',
    ])
  })

  it('lets alarms slide that have no wall-clock period, unless they ask for one', () => {
    const options = { filters: [STOP], events: [stop(11)] }
    const two = alarm('stop', { period: 120 })
    expect(run({ ...options, alarms: [two], evaluationWindow: 'wallClock' })).toEqual(
      run({ ...options, alarms: [two] }),
    )
    const asking = alarm('stop', { period: 120, evaluationWindow: { wallClockWindow: {} } })
    expect(() => run({ ...options, alarms: [asking] })).toThrow(
      /periods of 60, 300, 3600, 86400, 604800 seconds, not 120/,
    )
    const sliding = alarm('stop', { evaluationWindow: { slidingWindow: {} } })
    expect(run({ ...options, alarms: [sliding], evaluationWindow: 'wallClock' })[1]).toBe('12 stop OK>ALARM')
  })

  it('FILL(m, 0): no echo, and the second incident is seen', () => {
    const options = { filters: [STOP], events: [stop(10), stop(20)], hours: 2 }
    // The first breach stays the newest point of the range, so that the second one changes nothing.
    expect(run({ ...options, alarms: [alarm('stop')] })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '11 stop OK>ALARM',
      '36 stop ALARM>OK',
    ])
    expect(run({ ...options, alarms: [alarm('stop', { fill: 0 })] })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '11 stop OK>ALARM',
      '16 stop ALARM>OK',
      '21 stop OK>ALARM',
      '26 stop ALARM>OK',
    ])
  })

  it('neither notBreaching nor a default value of the filter does what FILL does', () => {
    const options = { alarms: [alarm('stop', { treatMissingData: 'notBreaching' })], events: [stop(10), stop(20)] }
    expect(run({ ...options, filters: [STOP] }).at(-1)).toBe('36 stop ALARM>OK')
    const withDefault = createMetricFilter({
      ...STOP.config,
      metricTransformations: [{ ...STOP.config.metricTransformations[0], defaultValue: 0 }],
    })
    // The default stands in minutes that have events without a match: in a log group at rest there are none.
    expect(run({ ...options, filters: [withDefault] }).at(-1)).toBe('36 stop ALARM>OK')
    const busy = Array.from({ length: 60 }, (_, minute) => event(minute, { eventName: 'GetObject' }))
    const events = [...options.events, ...busy].sort((a, b) => a.timestamp - b.timestamp)
    expect(run({ ...options, events, filters: [withDefault] }).slice(-2)).toEqual([
      '21 stop OK>ALARM',
      '26 stop ALARM>OK',
    ])
  })

  it('FILL(m, 0): an alarm goes off for something that came since it went off before, whatever comes', () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 30 })
    const configs = fc.record({ period: fc.constantFrom(60, 300, 3600), threshold: fc.integer({ min: 1, max: 4 }) })
    fc.assert(
      fc.property(minutes, configs, (stream, config) => {
        const events = stream.toSorted((a, b) => a - b).map((minute) => stop(minute))
        const clock = { start: START, end: at(900) }
        const changes = simulate({ alarms: [alarm('stop', { ...config, fill: 0 })], filters: [STOP], events, clock })
        const alarms = changes.filter(({ newState }) => newState === 'ALARM')
        let before = Number.NEGATIVE_INFINITY
        for (const { timestamp, evidence } of alarms) {
          const newest = Math.max(...evidence.events.map((each) => each.timestamp))
          expect(newest).toBeGreaterThanOrEqual(before)
          expect(evidence.total).toBeGreaterThanOrEqual(config.threshold)
          before = timestamp
        }
      }),
    )
  })

  it('FILL of a metric without any data is no data', () => {
    const options = { alarms: [alarm('stop', { fill: 0, treatMissingData: 'missing' })], filters: [STOP] }
    expect(run({ ...options, events: [] })).toEqual([])
    expect(run({ ...options, events: [stop(10)] })).toEqual([
      '11 stop INSUFFICIENT_DATA>ALARM',
      '16 stop ALARM>OK',
      '26 stop OK>INSUFFICIENT_DATA',
    ])
  })

  it('an alarm may have the days of its own time zone', () => {
    const daily = (timezone?: string) =>
      alarm('stop', { period: 86_400, evaluationWindow: { wallClockWindow: { timezone } } })
    const options = { filters: [STOP], events: [stop(10)], hours: 30 }
    const started = (timezone?: string): number =>
      Number(
        run({ ...options, alarms: [daily(timezone)] })
          .find((line) => line.includes('>ALARM'))
          ?.split(' ')[0],
      )
    const utc = started()
    expect(START + utc * MINUTE_MS).toBe((Math.floor(at(10) / 86_400_000) + 1) * 86_400_000)
    expect((started('+01:00') - utc + 1440) % 1440).toBe(1380)
  })

  it('never evaluates data that is older than the range', () => {
    const late = (arrival: number) => [stop(10, { ingestionTime: at(arrival) })]
    const options = { alarms: [alarm('stop')], filters: [STOP] }
    expect(run({ ...options, events: late(20) })).toContain('20 stop OK>ALARM')
    expect(run({ ...options, events: late(26) })).toEqual(['1 stop INSUFFICIENT_DATA>OK'])
    expect(run({ ...options, events: late(55) })).toEqual(['1 stop INSUFFICIENT_DATA>OK'])
  })

  it('does not let data that arrives now change the past', () => {
    const events = [stop(40, { ingestionTime: at(40) }), stop(12, { ingestionTime: at(41) })]
    expect(run({ alarms: [alarm('stop')], filters: [STOP], events })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '41 stop OK>ALARM',
      '56 stop ALARM>OK',
    ])
  })

  it('sees events with a later timestamp when their minute is over', () => {
    const events = [stop(30, { ingestionTime: at(5) })]
    expect(run({ alarms: [alarm('stop')], filters: [STOP], events })).toContain('31 stop OK>ALARM')
  })

  it('finds data that was there before the alarm', () => {
    expect(run({ alarms: [alarm('stop')], filters: [STOP], events: [stop(-3)] })).toEqual([
      '1 stop INSUFFICIENT_DATA>ALARM',
      '13 stop ALARM>OK',
    ])
  })

  it('watches for silence', () => {
    const any = filter('any', '{ $.eventName = * }')
    const silence = alarm('any', {
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
      evaluationPeriods: 2,
    })
    const events = [0, 4, 8, 12, 40].map((minute) => event(minute, { eventName: 'GetObject' }))
    expect(run({ alarms: [silence], filters: [any], events })).toEqual([
      '1 any INSUFFICIENT_DATA>OK',
      '33 any OK>ALARM',
      '41 any ALARM>OK',
    ])
  })

  it('adds up what several log groups feed into one metric', () => {
    const other = filter('stop', '{ $.eventName = "StopLogging" }', '1', '/bucketwatch/test/access-log')
    const events = [
      stop(10),
      stop(10.5, { logGroupName: '/bucketwatch/test/access-log' }),
      stop(10.6, { logGroupName: '/x' }),
    ]
    const two = alarm('stop', { threshold: 2 })
    const three = { ...alarm('stop', { threshold: 3 }), alarmName: 'three' }
    expect(run({ alarms: [two, three], filters: [STOP, other], events })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '1 three INSUFFICIENT_DATA>OK',
      '11 stop OK>ALARM',
      '26 stop ALARM>OK',
    ])
  })

  it('sums selected values', () => {
    const bytes = filter('bytes', '{ $.bytesOut > 0 }', '$.bytesOut')
    const exfil = alarm('bytes', { threshold: 1000, period: 3600 })
    const events = [event(5, { bytesOut: 600 }), event(9, { bytesOut: 399 }), event(20, { bytesOut: 1 })]
    expect(run({ alarms: [exfil], filters: [bytes], events })).toEqual([
      '1 bytes INSUFFICIENT_DATA>OK',
      '21 bytes OK>ALARM',
    ])
  })

  it('evaluates multi-day alarms once an hour, on data up to the full hour', () => {
    const job = alarm('stop', { period: 86_400, evaluationPeriods: 3, datapointsToAlarm: 1 })
    expect(run({ alarms: [job], filters: [STOP], events: [stop(62)], hours: 4 })).toEqual([
      '1 stop INSUFFICIENT_DATA>OK',
      '120 stop OK>ALARM',
    ])
  })

  it('tells which events are behind an alarm, a bounded number, and how many there were', () => {
    const events = [
      stop(3),
      ...Array.from({ length: 30 }, (_, index) =>
        stop(20 + index / 60, { message: `{"eventName":"StopLogging","n":${index}}` }),
      ),
      event(20.6, { eventName: 'StartLogging' }),
    ]
    const [change] = simulate({
      alarms: [alarm('stop', { threshold: 5 })],
      filters: [STOP],
      events,
      clock: { start: START, end: at(60) },
      evidenceLimit: 4,
    }).filter(({ newState }) => newState === 'ALARM')
    expect(change!.evidence.total).toBe(30)
    expect(change!.evidence.events.map(({ message }) => JSON.parse(message).n)).toEqual([0, 1, 2, 3])
    expect(change!.evidence.events[0]).toMatchObject({ logGroupName: GROUP, filterName: 'stop', timestamp: at(20) })
    expect(change!.breaching).toEqual([{ start: at(16), value: 30, sampleCount: 30 }])
    expect(change!.reason).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [30.0 (25/11/26 09:16:00)] was greater than or equal to the ' +
        'threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
    )
  })

  it('drives composite alarms, also of composite alarms, in one tick', () => {
    const composite = (alarmName: string, alarmRule: string): AlarmConfig => ({ alarmName, alarmRule })
    const alarms = [
      composite('outer', 'ALARM(both) AND NOT ALARM(quiet)'),
      composite('both', 'ALARM(stop) AND ALARM(start)'),
      composite('quiet', 'FALSE'),
      alarm('stop'),
      alarm('start'),
    ]
    const filters = [STOP, filter('start', '{ $.eventName = "StartLogging" }')]
    const events = [stop(10), event(15, { eventName: 'StartLogging' })]
    const changes = simulate({ alarms, filters, events, clock: { start: START, end: at(60) } })
    const outer = changes.filter((change) => change.alarm.alarmName === 'outer')
    expect(outer.map(({ timestamp, newState }) => [(timestamp - START) / MINUTE_MS, newState])).toEqual([
      [1, 'OK'],
      [16, 'ALARM'],
      [26, 'OK'],
    ])
    const arn = (name: string) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`
    expect(outer[0]!.reason).toBe(`${arn('outer')} was created and its alarm rule evaluates to OK`)
    expect(outer[1]!.reason).toBe(`${arn('both')} transitioned to ALARM at Wednesday 25 November, 2026 09:16:00 UTC`)
    expect(JSON.parse(outer[1]!.reasonData).triggeringAlarms).toHaveLength(1)
  })

  it.each([
    [
      'a circle',
      [
        { alarmName: 'a', alarmRule: 'ALARM(b)' },
        { alarmName: 'b', alarmRule: 'OK(a)' },
      ],
      /a → b → a/,
    ],
    ['an unknown child', [{ alarmName: 'a', alarmRule: 'ALARM(b)' }], /names no alarm: "b"/],
    ['two alarms of one name', [alarm('a'), alarm('a')], /Two alarms are named "a"/],
  ])('refuses %s', (_name, alarms, message) => {
    expect(() => createSimulation({ alarms, filters: [], start: START })).toThrow(message)
  })
})

describe('sleeping alarms', () => {
  const configs = fc.record({
    period: fc.constantFrom(60, 120, 300, 3600),
    evaluationPeriods: fc.integer({ min: 1, max: 4 }),
    m: fc.integer({ min: 1, max: 4 }),
    threshold: fc.integer({ min: 0, max: 3 }),
    statistic: fc.constantFrom('Sum', 'Maximum', 'SampleCount', 'Average', 'Minimum'),
    comparisonOperator: fc.constantFrom(...COMPARISON_OPERATORS),
    treatMissingData: fc.constantFrom(...TREAT_MISSING_DATA),
    fill: fc.constantFrom(undefined, undefined, 0, 2),
  } as const)
  const arrivals = fc.array(
    fc.record({
      minute: fc.double({ min: -30, max: 420, noNaN: true }),
      lag: fc.oneof(fc.constant(0), fc.double({ min: -20, max: 90, noNaN: true })),
      value: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 25 },
  )

  it('change nothing: the result is that of evaluating everything at every tick', () => {
    fc.assert(
      fc.property(
        fc.array(configs, { minLength: 1, maxLength: 4 }),
        arrivals,
        fc.constantFrom('sliding', 'wallClock'),
        (generated, stream, evaluationWindow) => {
          const alarms: AlarmConfig[] = generated.map(({ m, ...config }, index) => ({
            ...alarm(index % 2 === 0 ? 'n' : 'm'),
            ...config,
            alarmName: `a${index}`,
            datapointsToAlarm: Math.min(m, config.evaluationPeriods),
          }))
          alarms.push({ alarmName: 'composite', alarmRule: 'ALARM(a0) OR INSUFFICIENT_DATA(a0)' })
          const filters = [filter('n', '{ $.n >= 0 }', '$.n'), filter('m', '{ $.n >= 2 }')]
          const events = stream
            .map(({ minute, lag, value }) => event(minute - lag, { n: value }, { ingestionTime: at(minute) }))
            .sort((a, b) => a.ingestionTime! - b.ingestionTime!)
          const clock = { start: START, end: at(500) }
          const options = { alarms, filters, events, clock, evaluationWindow } as const
          expect(simulate(options)).toEqual(simulate({ ...options, everyTick: true }))
        },
      ),
      { numRuns: 150 },
    )
  })
})
